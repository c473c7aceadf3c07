// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)
#pragma once

// A small POP3 server, so that examples and tests have something to talk to: RFC 1939 with CAPA and response
// codes (RFC 2449 and 3206), APOP, AUTH (RFC 5034; mechanisms: demo_sasl.hpp), STLS (RFC 2595), UTF8 and LANG (RFC
// 6856), and LAST (RFC 1460), over TLS or plain TCP. Mail is kept in memory: what a client deletes stays deleted while
// the server object lives.
//
// It shares no code with the client library, so that each is a check on the other. It is not made for the
// Internet: nothing limits how many clients connect, or how often one may guess a password.

#include "demo_sasl.hpp"

#include <asio/any_io_executor.hpp>
#include <asio/awaitable.hpp>
#include <asio/buffer.hpp>
#include <asio/co_spawn.hpp>
#include <asio/detached.hpp>
#include <asio/dispatch.hpp>
#include <asio/io_context.hpp>
#include <asio/ip/tcp.hpp>
#include <asio/redirect_error.hpp>
#include <asio/ssl/context.hpp>
#include <asio/ssl/stream.hpp>
#include <asio/steady_timer.hpp>
#include <asio/strand.hpp>
#include <asio/use_awaitable.hpp>
#include <asio/write.hpp>

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <random>
#include <set>
#include <string>
#include <string_view>
#include <system_error>
#include <thread>
#include <type_traits>
#include <utility>
#include <vector>

namespace demo {

// ---- The certificate ----------------------------------------------------------------------------

namespace detail {

template <auto Free>
struct free_with {
    void operator()(auto* object) const
    {
        Free(object);
    }
};

template <class T, auto Free>
using openssl_ptr = std::unique_ptr<T, free_with<Free>>;

inline void add_extension(X509* x509, int nid, const std::string& value)
{
    X509V3_CTX context;
    X509V3_set_ctx(&context, x509, x509, nullptr, nullptr, 0);
    X509V3_set_ctx_nodb(&context);
    const openssl_ptr<X509_EXTENSION, X509_EXTENSION_free> extension(
        X509V3_EXT_nconf_nid(nullptr, &context, nid, value.c_str()));
    require(extension && X509_add_ext(x509, extension.get(), -1) == 1, "certificate extension");
}

inline std::string to_pem(auto write)
{
    const openssl_ptr<BIO, BIO_free> memory(BIO_new(BIO_s_mem()));
    require(memory && write(memory.get()) == 1, "PEM");
    char* data = nullptr;
    const auto size = BIO_get_mem_data(memory.get(), &data);
    return std::string(data, static_cast<std::size_t>(size));
}

} // namespace detail

/// A key (EC P-256) and a self-signed certificate for it, both new. A client that trusts `pem()`, and nothing
/// else, can verify the server in full: there is no reason to switch verification off.
class certificate {
public:
    /// `names` is written as OpenSSL writes them. The times count from now: an expired certificate is
    /// `certificate("DNS:localhost", -std::chrono::hours(48), -std::chrono::hours(24))`.
    explicit certificate(const std::string& names = "DNS:localhost, IP:127.0.0.1, IP:::1",
                         std::chrono::seconds valid_from = -std::chrono::hours(1),
                         std::chrono::seconds valid_until = std::chrono::hours(7 * 24))
    {
        using namespace detail;
        const openssl_ptr<EVP_PKEY, EVP_PKEY_free> key(EVP_PKEY_Q_keygen(nullptr, nullptr, "EC", "P-256"));
        const openssl_ptr<X509, X509_free> x509(X509_new());
        require(key && x509, "key");
        set_fields(x509.get(), key.get(), valid_from, valid_until);
        add_extension(x509.get(), NID_basic_constraints, "critical, CA:TRUE, pathlen:0");
        add_extension(x509.get(), NID_key_usage, "critical, digitalSignature, keyCertSign");
        add_extension(x509.get(), NID_ext_key_usage, "serverAuth");
        add_extension(x509.get(), NID_subject_key_identifier, "hash");
        add_extension(x509.get(), NID_subject_alt_name, names);
        require(X509_sign(x509.get(), key.get(), EVP_sha256()) > 0, "certificate signature");
        pem_ = to_pem([&](BIO* out) { return PEM_write_bio_X509(out, x509.get()); });
        key_pem_ = to_pem([&](BIO* out) {
            return PEM_write_bio_PrivateKey(out, key.get(), nullptr, nullptr, 0, nullptr, nullptr);
        });
    }

    /// The certificate without the key: what a client has to trust.
    const std::string& pem() const
    {
        return pem_;
    }

    /// The private key, not encrypted.
    const std::string& key_pem() const
    {
        return key_pem_;
    }

    /// Gives a server's context the certificate and the key.
    void load_into(asio::ssl::context& context) const
    {
        context.use_certificate(asio::buffer(pem_), asio::ssl::context::pem);
        context.use_private_key(asio::buffer(key_pem_), asio::ssl::context::pem);
    }

private:
    static void set_fields(X509* x509, EVP_PKEY* key, std::chrono::seconds from, std::chrono::seconds until)
    {
        // Random, because clients refuse a second certificate with the same issuer and number.
        std::uint32_t serial = 0;
        detail::require(RAND_bytes(reinterpret_cast<unsigned char*>(&serial), sizeof serial) == 1, "serial");
        X509_NAME* name = X509_get_subject_name(x509);
        const auto* text = reinterpret_cast<const unsigned char*>("POP3 demo server");
        detail::require(X509_set_version(x509, X509_VERSION_3) == 1 &&
                            ASN1_INTEGER_set_uint64(X509_get_serialNumber(x509), serial) == 1 &&
                            X509_gmtime_adj(X509_getm_notBefore(x509), static_cast<long>(from.count())) &&
                            X509_gmtime_adj(X509_getm_notAfter(x509), static_cast<long>(until.count())) &&
                            X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, text, -1, -1, 0) == 1 &&
                            X509_set_issuer_name(x509, name) == 1 && X509_set_pubkey(x509, key) == 1,
                        "certificate fields");
    }

    std::string pem_;
    std::string key_pem_;
};

// ---- What to serve ------------------------------------------------------------------------------

/// Messages have CRLF line ends and are not dot-stuffed. (There is a constructor because g++ 12 miscompiles
/// aggregate temporaries in an expression with co_await.)
struct account {
    account(std::string account_name, std::string account_password, std::vector<std::string> mail = {})
        : name(std::move(account_name)), password(std::move(account_password)), messages(std::move(mail))
    {
    }

    std::string name;
    std::string password;
    std::vector<std::string> messages;
};

struct options {
    explicit options(std::vector<account> served = {}) : accounts(std::move(served))
    {
    }

    std::vector<account> accounts;
    bool tls = true;      ///< From the first octet, as on port 995. Otherwise plain TCP, and STLS.
    certificate identity; ///< Used with TLS only.
    std::string address = "127.0.0.1"; ///< Where to listen.
    std::uint16_t port = 0;            ///< 0 is any free one.
    bool pipelining = true;            ///< Announced by CAPA. Commands may be pipelined in any case.
    /// Commands and SASL mechanisms that the server shall not know, such as {"UIDL", "SCRAM-SHA-256"}.
    std::vector<std::string> disabled;
    std::chrono::steady_clock::duration idle_timeout = std::chrono::minutes(10); ///< RFC 1939 wants no less.
};

/// A few messages that a client may stumble over.
inline std::vector<std::string> sample_messages()
{
    const auto message = [](const std::string& subject, const std::string& body) {
        return "From: Bob <bob@example.org>\r\nTo: Alice <alice@example.org>\r\nSubject: " + subject +
               "\r\nDate: Thu, 01 Feb 2024 12:00:00 +0000\r\n\r\n" + body;
    };
    std::string large;
    for (int line = 1; large.size() < 1024 * 1024; ++line)
        large += "This is line " + std::to_string(line) + " of a message that takes more than one read.\r\n";
    return {
        message("Hello", "Hello Alice,\r\nthis is a small message.\r\n"),
        message("Dots", ".\r\n..\r\n.hidden\r\nThis is not the end:\r\n.\r\nThis is.\r\n"),
        message("Octets", "UTF-8: \xC3\xBC\xE2\x82\xAC\r\nLatin-1: \xFC\xDF\r\nHighest: \xFE\xFF\r\n"),
        message("Empty", ""),
        message("Large", large),
    };
}

// ---- The protocol -------------------------------------------------------------------------------

namespace detail {

struct message {
    std::string text;
    std::string unique_id;
};

struct maildrop {
    std::string password;
    std::vector<message> messages;
    bool locked = false;
};

using maildrops = std::map<std::string, maildrop, std::less<>>;

// The text's hash and its place: equal messages differ, and a demo that is started again has the same ones.
inline std::string make_unique_id(std::string_view text, std::size_t place)
{
    std::uint64_t hash = 14695981039346656037u; // FNV-1a
    for (const char octet : text)
        hash = (hash ^ static_cast<unsigned char>(octet)) * 1099511628211u;
    return std::to_string(hash) + '-' + std::to_string(place);
}

inline maildrops make_maildrops(const std::vector<account>& accounts)
{
    maildrops result;
    for (const account& owner : accounts) {
        maildrop& drop = result[owner.name];
        drop.password = owner.password;
        for (std::string text : owner.messages) {
            // A reply cannot end within a line, so the octet counts have to include the line end.
            if (!text.empty() && !text.ends_with("\r\n"))
                text += "\r\n";
            std::string unique_id = make_unique_id(text, drop.messages.size() + 1);
            drop.messages.push_back({std::move(text), std::move(unique_id)});
        }
    }
    return result;
}

inline std::optional<std::uint64_t> to_number(std::string_view text)
{
    std::uint64_t value = 0;
    const auto [stop, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc() || stop != text.data() + text.size())
        return std::nullopt;
    return value;
}

// One client's session without its connection: command lines go in, the octets to send come out.
class conversation {
public:
    // Begins with the greeting in `output`.
    conversation(maildrops& drops, const options& settings)
        : drops_(drops), settings_(settings), secure_(settings.tls)
    {
        std::random_device random;
        const auto now = std::chrono::system_clock::now().time_since_epoch().count();
        timestamp_ = '<' + std::to_string(random()) + '.' + std::to_string(now) + "@localhost>";
        // A timestamp is how a server says that it takes APOP.
        ok(enabled("APOP") ? "POP3 demo server ready " + timestamp_ : "POP3 demo server ready");
    }

    // `line` comes without its line end.
    void command(std::string_view line)
    {
        if (sasl_)
            return respond(line);
        const auto [word, argument] = split(line);
        const std::string keyword = upper_case(word);
        const auto* found =
            std::find_if(verbs.begin(), verbs.end(), [&](const verb& v) { return v.keyword == keyword; });
        if (found == verbs.end() || !enabled(keyword))
            error("unknown command");
        else if ((found->states & state_) == 0)
            error("not in this state");
        else if (found->takes == nothing && !argument.empty())
            error("this command has no argument");
        else if (found->takes == something && argument.empty())
            error("an argument is missing");
        else
            (this->*found->run)(argument);
        if (keyword != "USER")
            user_.reset(); // PASS may only come right behind USER.
    }

    void line_too_long()
    {
        error("line too long");
        state_ = over;
    }

    // Copies what fits of the message under way into output. False: send that first, then call again.
    bool fill(std::size_t limit)
    {
        while (body_ && output.size() < limit)
            copy_piece(limit - output.size());
        return output.size() < limit;
    }

    // Deletes nothing: only QUIT does.
    void release_maildrop()
    {
        drop_.reset();
    }

    bool is_over() const
    {
        return state_ == over;
    }

    // STLS was accepted: whoever has the connection shall do the handshake now, and then call `start_tls`.
    bool wants_tls() const
    {
        return wants_tls_;
    }

    void start_tls()
    {
        wants_tls_ = false;
        secure_ = true;
    }

    // For the caller to send and to clear.
    std::string output;

private:
    enum state : unsigned { authorization = 1, transaction = 2, any_state = 3, over = 4 };
    enum arguments { nothing, something, anything };

    struct verb {
        std::string_view keyword;
        unsigned states;
        arguments takes;
        void (conversation::*run)(std::string_view argument);
    };

    static const std::array<verb, 18> verbs;

    struct unlock {
        void operator()(maildrop* drop) const
        {
            drop->locked = false;
        }
    };

    // Any state

    void capa(std::string_view)
    {
        ok("capabilities follow");
        for (const char* keyword : {"TOP", "UIDL", "USER"})
            if (enabled(keyword))
                line(keyword);
        std::string mechanisms;
        for (const sasl_mechanism& m : sasl_mechanisms)
            if (enabled(m.name))
                mechanisms.append(" ").append(m.name);
        if (enabled("AUTH") && !mechanisms.empty())
            line("SASL" + mechanisms);
        if (enabled("STLS") && !secure_)
            line("STLS");
        if (enabled("UTF8"))
            line("UTF8 USER");
        if (enabled("LANG"))
            line("LANG");
        line("RESP-CODES");
        line("AUTH-RESP-CODE");
        if (settings_.pipelining)
            line("PIPELINING");
        line("IMPLEMENTATION pop3-demo-server");
        line(".");
    }

    void lang(std::string_view range)
    {
        if (range.empty()) {
            ok("language listing follows");
            line("en English");
            line(".");
        } else if (range == "*" || upper_case(range) == "EN")
            ok("en is what is spoken here");
        else
            error("no such language");
    }

    void quit(std::string_view)
    {
        if (state_ == transaction) {
            std::size_t index = 0;
            std::erase_if(drop_->messages, [&](const message&) { return deleted_[index++]; });
            release_maildrop(); // Before the reply, so that the client can come back at once.
        }
        state_ = over;
        ok("bye");
    }

    // AUTHORIZATION

    void user(std::string_view name)
    {
        user_ = name;
        ok("send the password"); // Whether there is such an account is not for strangers to know.
    }

    void pass(std::string_view password)
    {
        if (!user_)
            return error("USER must come first");
        const auto found = drops_.find(*user_);
        log_in(found, found != drops_.end() && found->second.password == password);
    }

    void auth(std::string_view argument)
    {
        const auto [name, initial] = split(argument);
        const auto mechanism =
            std::find_if(sasl_mechanisms.begin(), sasl_mechanisms.end(),
                         [upper = upper_case(name)](const auto& m) { return m.name == upper; });
        if (mechanism == sasl_mechanisms.end() || !enabled(mechanism->name))
            return error("unknown mechanism");
        sasl_ = mechanism->start([this](std::string_view user) -> std::optional<std::string> {
            const auto found = drops_.find(user);
            return found == drops_.end() ? std::nullopt : std::optional(found->second.password);
        });
        if (!mechanism->client_first)
            answer(""); // With its first challenge.
        else if (initial.empty())
            line("+ "); // The client speaks first, but not in this line.
        else
            respond(initial == "=" ? "" : initial);
    }

    // Takes a line of a client that is in the midst of AUTH.
    void respond(std::string_view text)
    {
        const auto response = from_base64(text);
        if (response)
            return answer(*response);
        sasl_ = nullptr;
        error(text == "*" ? "cancelled" : "this is no base64");
    }

    void answer(const std::string& response)
    {
        const sasl_step step = sasl_(response);
        if (step.challenge)
            return line("+ " + to_base64(*step.challenge));
        sasl_ = nullptr;
        log_in(drops_.find(step.name.value_or("")), step.name.has_value());
    }

    void stls(std::string_view)
    {
        if (secure_)
            return error("there is TLS already");
        wants_tls_ = true;
        ok("begin with TLS now");
    }

    // There is nothing to switch: names, passwords and messages are whatever octets they are.
    void utf8(std::string_view)
    {
        ok("UTF-8 is welcome");
    }

    void apop(std::string_view argument)
    {
        const auto [name, sent] = split(argument);
        const auto found = drops_.find(name);
        log_in(found, found != drops_.end() &&
                          to_hex(digest(EVP_md5(), timestamp_ + found->second.password)) == sent);
    }

    void log_in(maildrops::iterator found, bool authentic)
    {
        if (!authentic)
            return error("[AUTH] wrong name or password");
        if (found->second.locked)
            return error("[IN-USE] the maildrop is open in another session");
        drop_.reset(&found->second);
        drop_->locked = true;
        deleted_.assign(drop_->messages.size(), false);
        state_ = transaction;
        ok("maildrop locked and ready");
    }

    // TRANSACTION

    void stat(std::string_view)
    {
        std::size_t count = 0;
        std::size_t octets = 0;
        for (std::size_t i = 0; i < deleted_.size(); ++i) {
            count += deleted_[i] ? 0 : 1;
            octets += deleted_[i] ? 0 : drop_->messages[i].text.size();
        }
        ok(std::to_string(count) + ' ' + std::to_string(octets));
    }

    void list(std::string_view argument)
    {
        listing(argument, [](const message& m) { return std::to_string(m.text.size()); });
    }

    void uidl(std::string_view argument)
    {
        listing(argument, [](const message& m) { return m.unique_id; });
    }

    void retr(std::string_view argument)
    {
        if (const auto index = find_message(argument)) {
            const std::string& text = drop_->messages[*index].text;
            ok(std::to_string(text.size()) + " octets");
            start_body(text);
            last_ = std::max(last_, *index + 1);
        }
    }

    void top(std::string_view argument)
    {
        const auto [number, count] = split(argument);
        const auto lines = to_number(count);
        if (!lines)
            return error("TOP takes a message-number and a number of lines");
        if (const auto index = find_message(number)) {
            ok("top of message follows");
            start_body(first_lines(drop_->messages[*index].text, *lines));
        }
    }

    void dele(std::string_view argument)
    {
        if (const auto index = find_message(argument)) {
            deleted_[*index] = true;
            last_ = std::max(last_, *index + 1);
            ok("message deleted");
        }
    }

    void rset(std::string_view)
    {
        deleted_.assign(deleted_.size(), false);
        last_ = 0; // RFC 1460. (In RFC 1225 it went back to what it was when the session began.)
        ok("nothing is deleted");
    }

    void last(std::string_view)
    {
        ok(std::to_string(last_));
    }

    void noop(std::string_view)
    {
        ok("nothing done");
    }

    // What they have in common

    bool enabled(std::string_view keyword) const
    {
        const auto& disabled = settings_.disabled;
        return std::find(disabled.begin(), disabled.end(), keyword) == disabled.end();
    }

    static std::pair<std::string_view, std::string_view> split(std::string_view text)
    {
        const auto space = std::min(text.find(' '), text.size());
        return {text.substr(0, space), text.substr(std::min(space + 1, text.size()))};
    }

    static std::string upper_case(std::string_view text)
    {
        std::string result(text);
        for (char& c : result)
            if (c >= 'a' && c <= 'z') // Not std::toupper, which depends on the locale.
                c = static_cast<char>(c - 'a' + 'A');
        return result;
    }

    void line(std::string_view text)
    {
        output.append(text).append("\r\n");
    }

    void ok(const std::string& text)
    {
        line("+OK " + text);
    }

    void error(const std::string& text)
    {
        line("-ERR " + text);
    }

    // The index of the message with this number. Where there is none, the reply that says so is written here.
    std::optional<std::size_t> find_message(std::string_view number)
    {
        const auto value = to_number(number);
        if (!value || *value == 0 || *value > deleted_.size() || deleted_[*value - 1]) {
            error("no such message");
            return std::nullopt;
        }
        return *value - 1;
    }

    void listing(std::string_view argument, auto describe)
    {
        const auto entry = [&](std::size_t index) {
            return std::to_string(index + 1) + ' ' + describe(drop_->messages[index]);
        };
        if (!argument.empty()) {
            if (const auto index = find_message(argument))
                ok(entry(*index));
            return;
        }
        ok("listing follows");
        for (std::size_t i = 0; i < deleted_.size(); ++i)
            if (!deleted_[i])
                line(entry(i));
        line(".");
    }

    // The header, the empty line and so many lines of the body.
    static std::string_view first_lines(std::string_view text, std::uint64_t count)
    {
        const auto after = [text](std::string_view what, std::size_t from) {
            const auto found = text.find(what, from);
            return found == text.npos ? text.size() : found + what.size();
        };
        std::size_t end = after("\r\n\r\n", 0);
        for (; count > 0 && end < text.size(); --count)
            end = after("\r\n", end);
        return text.substr(0, end);
    }

    void start_body(std::string_view text)
    {
        body_ = text;
        body_copied_ = 0;
    }

    // A line, or what there is room for of a long one, or the line that ends the reply.
    void copy_piece(std::size_t room)
    {
        if (body_copied_ == body_->size()) {
            body_.reset();
            return line(".");
        }
        std::string_view piece = body_->substr(body_copied_, room);
        if (const auto end = piece.find('\n'); end != piece.npos)
            piece = piece.substr(0, end + 1);
        const bool starts_line = body_copied_ == 0 || body_->substr(0, body_copied_).ends_with("\r\n");
        if (starts_line && piece.front() == '.')
            output += '.'; // Or the client would take the line for the end.
        output += piece;
        body_copied_ += piece.size();
    }

    maildrops& drops_;
    const options& settings_;
    std::string timestamp_;
    unsigned state_ = authorization;
    bool secure_;
    bool wants_tls_ = false;
    std::optional<std::string> user_;
    sasl_login sasl_;                        // An AUTH that is under way.
    std::unique_ptr<maildrop, unlock> drop_; // Whoever holds it has the maildrop to himself.
    std::vector<bool> deleted_;
    std::size_t last_ = 0;
    std::optional<std::string_view> body_; // Of a message in the maildrop, which the lock keeps as it is.
    std::size_t body_copied_ = 0;
};

inline const std::array<conversation::verb, 18> conversation::verbs{{
    {"CAPA", any_state, nothing, &conversation::capa},
    {"LANG", any_state, anything, &conversation::lang},
    {"QUIT", any_state, nothing, &conversation::quit},
    {"USER", authorization, something, &conversation::user},
    {"PASS", authorization, anything, &conversation::pass},
    {"APOP", authorization, something, &conversation::apop},
    {"AUTH", authorization, something, &conversation::auth},
    {"STLS", authorization, nothing, &conversation::stls},
    {"UTF8", authorization, nothing, &conversation::utf8},
    {"STAT", transaction, nothing, &conversation::stat},
    {"LIST", transaction, anything, &conversation::list},
    {"UIDL", transaction, anything, &conversation::uidl},
    {"RETR", transaction, something, &conversation::retr},
    {"TOP", transaction, something, &conversation::top},
    {"DELE", transaction, something, &conversation::dele},
    {"RSET", transaction, nothing, &conversation::rset},
    {"LAST", transaction, nothing, &conversation::last},
    {"NOOP", transaction, nothing, &conversation::noop},
}};

// ---- The connections ----------------------------------------------------------------------------

using asio::ip::tcp;

// What the sessions of a server share. Everything that uses it runs on the strand.
struct shared_state {
    shared_state(const asio::any_io_executor& executor, options opts)
        : settings(std::move(opts)), drops(make_maildrops(settings.accounts)),
          strand(asio::make_strand(executor)),
          acceptor(strand, tcp::endpoint(asio::ip::make_address(settings.address), settings.port))
    {
        require(SSL_CTX_set_min_proto_version(tls.native_handle(), TLS1_2_VERSION) == 1, "TLS version");
        settings.identity.load_into(tls);
    }

    options settings;
    maildrops drops;
    asio::strand<asio::any_io_executor> strand;
    asio::ssl::context tls{asio::ssl::context::tls_server};
    tcp::acceptor acceptor;
    std::set<tcp::socket::lowest_layer_type*> sockets; // Of the sessions, for stop().
    bool stopped = false;
};

template <class Stream>
void start_session(const std::shared_ptr<shared_state>& shared, tcp::socket socket, conversation talk,
                   auto&... context);

using tls_socket = asio::ssl::stream<tcp::socket>;

// One connection. Stream is tcp::socket, or tls_socket with a context as last argument.
template <class Stream>
class session : public std::enable_shared_from_this<session<Stream>> {
public:
    session(std::shared_ptr<shared_state> shared, tcp::socket socket, conversation talk, auto&... context)
        : shared_(std::move(shared)), stream_(std::move(socket), context...), deadline_(shared_->strand),
          talk_(std::move(talk))
    {
        shared_->sockets.insert(&stream_.lowest_layer());
    }

    session(const session&) = delete;
    session& operator=(const session&) = delete;

    ~session()
    {
        shared_->sockets.erase(&stream_.lowest_layer());
    }

    static asio::awaitable<void> run(std::shared_ptr<session> self)
    {
        try {
            co_await self->converse();
        } catch (const std::system_error&) {
            // The client is gone, or too slow, or does not speak TLS: there is nobody to tell.
        }
        if constexpr (!has_tls)
            if (self->talk_.wants_tls())
                co_return self->start_tls();
        self->talk_.release_maildrop();
        co_await self->close();
        self->deadline_.cancel();
    }

private:
    static constexpr bool has_tls = !std::is_same_v<Stream, tcp::socket>;
    static constexpr std::size_t max_line = 1024;
    static constexpr std::size_t piece_size = 16 * 1024; // As much as a TLS record holds.

    tcp::socket& socket()
    {
        if constexpr (has_tls)
            return stream_.next_layer();
        else
            return stream_;
    }

    // Closes the socket when the time is over, which ends whatever waits for it.
    void allow(std::chrono::steady_clock::duration time)
    {
        deadline_.expires_after(time);
        deadline_.async_wait([weak = this->weak_from_this()](std::error_code cancelled) {
            const auto self = weak.lock();
            // Looks again at the clock: the deadline may have been moved when this was already on its way.
            if (!cancelled && self && self->deadline_.expiry() <= std::chrono::steady_clock::now()) {
                std::error_code ignored;
                self->socket().close(ignored);
            }
        });
    }

    asio::awaitable<void> converse()
    {
        socket().set_option(tcp::no_delay(true));
        if constexpr (has_tls) {
            allow(shared_->settings.idle_timeout);
            co_await stream_.async_handshake(asio::ssl::stream_base::server, asio::use_awaitable);
        }
        co_await send();
        while (!talk_.is_over() && !talk_.wants_tls()) {
            co_await receive();
            co_await answer();
            co_await send();
        }
    }

    // The same conversation goes on, over TLS. What came in clear behind STLS is forgotten: who sent it is not known.
    void start_tls()
    {
        deadline_.cancel();
        talk_.start_tls();
        start_session<tls_socket>(shared_, std::move(socket()), std::move(talk_), shared_->tls);
    }

    // Answers all the lines that have come. The replies to pipelined commands are sent together.
    asio::awaitable<void> answer()
    {
        while (!talk_.is_over() && !talk_.wants_tls()) {
            const std::string_view rest = std::string_view(input_).substr(input_used_);
            const auto end = rest.find('\n');
            if (std::min(end, rest.size()) > max_line)
                talk_.line_too_long();
            else if (end == rest.npos)
                break;
            else {
                // A line may end with LF alone, as on most servers: people will type at this one.
                talk_.command(rest.substr(0, rest.substr(0, end).ends_with('\r') ? end - 1 : end));
                input_used_ += end + 1;
            }
            while (!talk_.fill(piece_size))
                co_await send();
        }
        input_.erase(0, input_used_);
        input_used_ = 0;
    }

    asio::awaitable<void> send()
    {
        allow(shared_->settings.idle_timeout);
        co_await asio::async_write(stream_, asio::buffer(talk_.output), asio::use_awaitable);
        talk_.output.clear();
    }

    asio::awaitable<void> receive()
    {
        allow(shared_->settings.idle_timeout);
        const std::size_t size = co_await stream_.async_read_some(asio::buffer(chunk_), asio::use_awaitable);
        input_.append(chunk_.data(), size);
    }

    // Says good-bye and waits for the client to do so too: to close a socket with octets unread would reset
    // the connection, and the client might lose the last reply.
    asio::awaitable<void> close()
    {
        std::error_code error;
        allow(std::chrono::seconds(2));
        if constexpr (has_tls)
            co_await stream_.async_shutdown(asio::redirect_error(asio::use_awaitable, error));
        socket().shutdown(tcp::socket::shutdown_send, error);
        while (!error)
            co_await socket().async_read_some(asio::buffer(chunk_),
                                              asio::redirect_error(asio::use_awaitable, error));
    }

    std::shared_ptr<shared_state> shared_;
    Stream stream_;
    asio::steady_timer deadline_;
    conversation talk_;
    std::array<char, 4096> chunk_{};
    std::string input_;
    std::size_t input_used_ = 0;
};

template <class Stream>
void start_session(const std::shared_ptr<shared_state>& shared, tcp::socket socket, conversation talk,
                   auto&... context)
{
    auto started = std::make_shared<session<Stream>>(shared, std::move(socket), std::move(talk), context...);
    asio::co_spawn(shared->strand, session<Stream>::run(std::move(started)), asio::detached);
}

inline asio::awaitable<void> accept_clients(std::shared_ptr<shared_state> shared)
{
    while (!shared->stopped) {
        std::error_code error;
        tcp::socket socket =
            co_await shared->acceptor.async_accept(asio::redirect_error(asio::use_awaitable, error));
        if (shared->stopped)
            break;
        if (error) {
            // Out of file descriptors, say: to try again at once would keep the processor busy for nothing.
            asio::steady_timer pause(shared->strand, std::chrono::milliseconds(100));
            co_await pause.async_wait(asio::use_awaitable);
            continue;
        }
        conversation talk(shared->drops, shared->settings);
        if (shared->settings.tls)
            start_session<tls_socket>(shared, std::move(socket), std::move(talk), shared->tls);
        else
            start_session<tcp::socket>(shared, std::move(socket), std::move(talk));
    }
}

} // namespace detail

// ---- The server ---------------------------------------------------------------------------------

/// Listens from its construction on; serves while its executor runs. What the executor belongs to (say, an
/// io_context) must outlive the server.
class server {
public:
    server(const asio::any_io_executor& executor, options settings)
        : shared_(std::make_shared<detail::shared_state>(executor, std::move(settings))),
          port_(shared_->acceptor.local_endpoint().port())
    {
        asio::co_spawn(shared_->strand, detail::accept_clients(shared_), asio::detached);
    }

    server(const server&) = delete;
    server& operator=(const server&) = delete;

    ~server()
    {
        stop();
    }

    std::uint16_t port() const
    {
        return port_;
    }

    const certificate& identity() const
    {
        return shared_->settings.identity;
    }

    /// Closes the listener and the sessions; deletions that no QUIT has confirmed are forgotten. May be
    /// called from any thread, and more than once. It only starts this: it is done when the executor has
    /// nothing left to run for the server.
    void stop()
    {
        asio::dispatch(shared_->strand, [shared = shared_] {
            std::error_code ignored;
            shared->stopped = true;
            shared->acceptor.close(ignored);
            for (auto* socket : shared->sockets)
                socket->close(ignored);
        });
    }

private:
    std::shared_ptr<detail::shared_state> shared_;
    std::uint16_t port_;
};

/// A server with a thread of its own. The destructor stops the one and joins the other.
class background_server {
public:
    explicit background_server(options settings)
        : server_(context_.get_executor(), std::move(settings)), thread_([this] { context_.run(); })
    {
    }

    background_server(const background_server&) = delete;
    background_server& operator=(const background_server&) = delete;

    ~background_server()
    {
        server_.stop();
        thread_.join();
    }

    std::uint16_t port() const
    {
        return server_.port();
    }

    const certificate& identity() const
    {
        return server_.identity();
    }

    /// As server::stop().
    void stop()
    {
        server_.stop();
    }

private:
    asio::io_context context_{1};
    server server_;
    std::thread thread_;
};

} // namespace demo
