// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)

// The TLS stream, record by record: the other end is OpenSSL with memory on both sides, so that a test decides which
// octets come when. What asio::ssl::stream also does, it is asked to do in the same tests.

#include "support/counted_new.hpp"
#include "support/run.hpp"

#include <pop3/detail/buffer_pool.hpp>
#include <pop3/stream.hpp>
#include <pop3/testing/certificate_parts.hpp>
#include <pop3/testing/server.hpp>
#include <pop3/tls_context.hpp>
#include <pop3/tls_stream.hpp>

#include <asio/any_io_executor.hpp>
#include <asio/awaitable.hpp>
#include <asio/bind_cancellation_slot.hpp>
#include <asio/bind_executor.hpp>
#include <asio/buffer.hpp>
#include <asio/cancellation_signal.hpp>
#include <asio/cancellation_type.hpp>
#include <asio/error.hpp>
#include <asio/io_context.hpp>
#include <asio/ip/tcp.hpp>
#include <asio/read.hpp>
#include <asio/ssl/context.hpp>
#include <asio/ssl/error.hpp>
#include <asio/ssl/stream.hpp>
#include <asio/strand.hpp>
#include <asio/thread_pool.hpp>
#include <asio/use_awaitable.hpp>
#include <asio/use_future.hpp>
#include <asio/write.hpp>
#include <doctest/doctest.h>

#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/ssl.h>
#include <openssl/sslerr.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <functional>
#include <initializer_list>
#include <memory>
#include <new>
#include <stdexcept>
#include <string>
#include <string_view>
#include <system_error>
#include <thread>
#include <utility>
#include <vector>

#if defined(__GLIBC__)
#include <malloc.h>
#endif

namespace {

using asio::ip::tcp;
using test::allocations;
using test::bulk;
using test::live_bulk;
using test::live_octets;
using asio_stream = asio::ssl::stream<tcp::socket>;

// ---- The two ends ---------------------------------------------------------------------------------

const pop3::testing::certificate& identity()
{
    static const pop3::testing::certificate made;
    return made;
}

template <class Stream>
struct client_of {
    explicit client_of(const asio::any_io_executor& executor) : stream(executor, trusting())
    {
        CHECK(!stream.expect_host("localhost"));
    }

    static pop3::tls_context trusting()
    {
        pop3::tls_context tls;
        tls.add_certificate_authority(identity().pem());
        return tls;
    }

    Stream stream;
};

template <>
struct client_of<asio_stream> {
    explicit client_of(const asio::any_io_executor& executor) : stream(executor, context)
    {
        SSL_set_options(stream.native_handle(), SSL_OP_NO_RENEGOTIATION);
    }

    asio::ssl::context context{asio::ssl::context::tls_client};
    asio_stream stream;
};

/// How an operation ended.
struct outcome {
    bool done = false;
    std::error_code ec;
    std::size_t size = 0;
};

auto into(outcome& o)
{
    return [&o](std::error_code ec, std::size_t size = 0) {
        CHECK(!o.done);
        o.done = true;
        o.ec = ec;
        o.size = size;
    };
}

std::string text(std::size_t size, unsigned seed = 1)
{
    std::string made(size, '\0');
    for (auto& octet : made) {
        seed = seed * 1664525 + 1013904223;
        octet = static_cast<char>('a' + (seed >> 24) % 26);
    }
    return made;
}

bool is_ssl(std::error_code ec)
{
    return ec.category() == asio::error::get_ssl_category();
}

int reason(std::error_code ec)
{
    return ERR_GET_REASON(static_cast<unsigned long>(static_cast<unsigned int>(ec.value())));
}

/// Records, made in the order in which they are written here. (Of the operands of + any may be made first.)
std::string in_turn(std::initializer_list<std::string> records)
{
    std::string all;
    for (const auto& record : records)
        all += record;
    return all;
}

template <class Stream = pop3::tls_stream>
class ends {
public:
    explicit ends(int version = TLS1_3_VERSION, const std::function<void(SSL_CTX*)>& set_up = {},
                  bool shake_hands = true, std::shared_ptr<asio::io_context> context = {})
        : context_(context ? std::move(context) : std::make_shared<asio::io_context>(1))
    {
        SSL_CTX* const c = accepting_.native_handle();
        identity().load_into(accepting_);
        SSL_CTX_set_min_proto_version(c, version);
        SSL_CTX_set_max_proto_version(c, version);
        if (set_up)
            set_up(c);
        server.reset(SSL_new(c));
        SSL_set_bio(server.get(), BIO_new(BIO_s_mem()), BIO_new(BIO_s_mem()));
        SSL_set_accept_state(server.get());
        SSL_set_app_data(server.get(), this);
        SSL_set_msg_callback(server.get(), [](int written, int, int type, const void* octets,
                                              std::size_t size, SSL* ssl, void*) {
            auto* const self = static_cast<ends*>(SSL_get_app_data(ssl));
            if (written == 0 && type == SSL3_RT_HANDSHAKE && size != 0)
                self->heard_messages.push_back(*static_cast<const unsigned char*>(octets));
            if (written == 0 && type == SSL3_RT_ALERT && size == 2)
                self->heard_alerts.push_back(static_cast<const unsigned char*>(octets)[1]);
        });

        tcp::acceptor acceptor(io, {asio::ip::address_v4::loopback(), 0});
        stream().lowest_layer().connect(acceptor.local_endpoint());
        stream().lowest_layer().set_option(tcp::no_delay(true));
        acceptor.accept(wire);
        wire.set_option(tcp::no_delay(true));
        wire.non_blocking(true);
        if (shake_hands) {
            shake();
            heard_messages.clear();
        }
    }

    ends(const ends&) = delete;

    Stream& stream()
    {
        return client_.stream;
    }

    /// The handshake, and the tickets on the way.
    void shake()
    {
        outcome o;
        stream().async_handshake(asio::ssl::stream_base::client, into(o));
        until([&] { return step_handshake() && o.done; });
        REQUIRE(!o.ec);
    }

    bool step_handshake()
    {
        hear();
        const bool done = SSL_do_handshake(server.get()) == 1;
        send();
        return done;
    }

    template <class Done>
    void until(Done done)
    {
        const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(30);
        while (!done()) {
            if (std::chrono::steady_clock::now() > deadline)
                throw std::runtime_error("the test hangs");
            io.restart();
            io.run_for(std::chrono::milliseconds(1));
        }
    }

    void until(const outcome& o)
    {
        until([&] { return o.done; });
    }

    /// Whatever happens, has happened.
    void settle()
    {
        for (int i = 0; i != 3; ++i) {
            io.restart();
            io.run_for(std::chrono::milliseconds(2));
        }
    }

    /// What the server has to send.
    std::string pending()
    {
        std::string octets(BIO_ctrl_pending(SSL_get_wbio(server.get())), '\0');
        if (!octets.empty())
            REQUIRE(BIO_read(SSL_get_wbio(server.get()), octets.data(), static_cast<int>(octets.size())) ==
                    static_cast<int>(octets.size()));
        return octets;
    }

    /// Records that hold `plain`, and what was pending.
    std::string sealed(std::string_view plain)
    {
        if (!plain.empty())
            REQUIRE(SSL_write(server.get(), plain.data(), static_cast<int>(plain.size())) ==
                    static_cast<int>(plain.size()));
        return pending();
    }

    std::string close_notify()
    {
        SSL_shutdown(server.get());
        return pending();
    }

    std::string key_update(bool requested)
    {
        REQUIRE(SSL_key_update(server.get(),
                               requested ? SSL_KEY_UPDATE_REQUESTED : SSL_KEY_UPDATE_NOT_REQUESTED) == 1);
        REQUIRE(SSL_do_handshake(server.get()) == 1);
        return pending();
    }

    std::string ticket()
    {
        REQUIRE(SSL_new_session_ticket(server.get()) == 1);
        REQUIRE(SSL_do_handshake(server.get()) == 1);
        return pending();
    }

    void send(std::initializer_list<std::string> octets)
    {
        send(in_turn(octets));
    }

    /// Sends all of it, running the client when there is no more room.
    void send(std::string_view octets)
    {
        until([&] {
            octets.remove_prefix(push(octets));
            return octets.empty();
        });
    }

    void send()
    {
        send(pending());
    }

    /// Sends what there is room for.
    std::size_t push(std::string_view octets)
    {
        std::error_code ec;
        return wire.write_some(asio::buffer(octets.data(), octets.size()), ec);
    }

    /// Gives the server what the client has sent. False if there was nothing.
    bool hear()
    {
        char octets[65536];
        std::error_code ec;
        const auto n = wire.read_some(asio::buffer(octets), ec);
        if (n != 0)
            BIO_write(SSL_get_rbio(server.get()), octets, static_cast<int>(n));
        gone = gone || (ec && ec != asio::error::would_block);
        return n != 0;
    }

    /// What the server can read of what the client has sent.
    std::string heard()
    {
        std::string plain;
        char octets[16384];
        do {
            for (int n = 0; (n = SSL_read(server.get(), octets, sizeof octets)) > 0;)
                plain.append(octets, static_cast<std::size_t>(n));
        } while (hear());
        return plain;
    }

    std::string heard(std::size_t size)
    {
        std::string plain;
        until([&] {
            plain += heard();
            return plain.size() >= size;
        });
        return plain;
    }

    int hear_alert()
    {
        until([&] {
            heard();
            return !heard_alerts.empty();
        });
        return heard_alerts.front();
    }

    bool heard_close_notify() const
    {
        return (SSL_get_shutdown(server.get()) & SSL_RECEIVED_SHUTDOWN) != 0;
    }

    void hear_close_notify()
    {
        until([&] {
            heard();
            return heard_close_notify();
        });
    }

    /// Has the client read so much.
    std::string read(std::size_t size)
    {
        std::string plain(size, '\0');
        outcome o;
        asio::async_read(stream(), asio::buffer(plain), into(o));
        until(o);
        CHECK(!o.ec);
        plain.resize(o.size);
        return plain;
    }

    /// Has it read when there is nothing but an end.
    std::error_code read_error()
    {
        char octet = 0;
        outcome o;
        stream().async_read_some(asio::buffer(&octet, 1), into(o));
        until(o);
        CHECK(o.size == 0);
        return o.ec;
    }

    outcome write(std::string_view plain)
    {
        outcome o;
        asio::async_write(stream(), asio::buffer(plain.data(), plain.size()), into(o));
        until(o);
        return o;
    }

    /// An operation that waits until it is cancelled.
    template <class Start>
    void cancel(Start start)
    {
        outcome o;
        asio::cancellation_signal signal;
        start(asio::bind_cancellation_slot(signal.slot(), into(o)));
        settle();
        CHECK(!o.done);
        signal.emit(asio::cancellation_type::terminal);
        until(o);
        CHECK(o.ec == asio::error::operation_aborted);
        CHECK(o.size == 0);
    }

private:
    std::shared_ptr<asio::io_context> context_;

public:
    asio::io_context& io = *context_;
    tcp::socket wire{io};
    pop3::testing::detail::openssl_ptr<SSL, SSL_free> server;
    std::vector<int> heard_messages;
    std::vector<int> heard_alerts;
    bool gone = false;

private:
    asio::ssl::context accepting_{asio::ssl::context::tls_server};
    client_of<Stream> client_{io.get_executor()};
};

constexpr int both_versions[] = {TLS1_2_VERSION, TLS1_3_VERSION};

constexpr int message_key_update = 24;

// ---- Records that OpenSSL does not make ------------------------------------------------------------

/// Seals records of TLS 1.3 (RFC 8446, section 5.2) with the server's first key.
class sealer {
public:
    static void set_up(SSL_CTX* c)
    {
        SSL_CTX_set_ciphersuites(c, "TLS_AES_128_GCM_SHA256");
        SSL_CTX_set_num_tickets(c, 0); // each would take a number
        SSL_CTX_set_keylog_callback(c, [](const SSL*, const char* line) {
            const std::string_view all(line);
            if (all.starts_with("SERVER_TRAFFIC_SECRET_0 "))
                secret() = all.substr(all.rfind(' ') + 1);
        });
    }

    sealer() : key_(expand("key", 16)), iv_(expand("iv", 12))
    {
    }

    std::string operator()(std::string plain, char type, std::size_t padding = 0)
    {
        plain += type;
        plain.append(padding, '\0');
        const auto size = plain.size() + 16;
        std::string record("\x17\x03\x03", 3);
        record += static_cast<char>(size / 256);
        record += static_cast<char>(size % 256);
        auto nonce = iv_;
        for (unsigned i = 0; i != 8; ++i)
            nonce[11 - i] = static_cast<char>(nonce[11 - i] ^ static_cast<char>(number_ >> (8 * i)));
        ++number_;
        std::string cipher(plain.size(), '\0');
        unsigned char tag[16];
        int n = 0;
        const pop3::testing::detail::openssl_ptr<EVP_CIPHER_CTX, EVP_CIPHER_CTX_free> c(EVP_CIPHER_CTX_new());
        REQUIRE(EVP_EncryptInit_ex(c.get(), EVP_aes_128_gcm(), nullptr, octets(key_), octets(nonce)) == 1);
        REQUIRE(EVP_EncryptUpdate(c.get(), nullptr, &n, octets(record), static_cast<int>(record.size())) ==
                1);
        REQUIRE(EVP_EncryptUpdate(c.get(), reinterpret_cast<unsigned char*>(cipher.data()), &n, octets(plain),
                                  static_cast<int>(plain.size())) == 1);
        REQUIRE(EVP_EncryptFinal_ex(c.get(), tag, &n) == 1);
        REQUIRE(EVP_CIPHER_CTX_ctrl(c.get(), EVP_CTRL_AEAD_GET_TAG, 16, tag) == 1);
        return record + cipher + std::string(tag, tag + 16);
    }

    std::string data(std::string plain, std::size_t padding = 0)
    {
        return (*this)(std::move(plain), '\x17', padding);
    }

private:
    static std::string& secret()
    {
        static std::string hex;
        return hex;
    }

    static const unsigned char* octets(const std::string& s)
    {
        return reinterpret_cast<const unsigned char*>(s.data());
    }

    static std::string expand(const std::string& label, std::size_t size)
    {
        std::string key;
        for (std::size_t i = 0; i != secret().size(); i += 2)
            key += static_cast<char>(std::stoi(secret().substr(i, 2), nullptr, 16));
        std::string info{'\0', static_cast<char>(size), static_cast<char>(6 + label.size())};
        info += "tls13 " + label + '\0' + '\x01';
        unsigned char made[32];
        REQUIRE(HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()), octets(info), info.size(), made,
                     nullptr) != nullptr);
        return std::string(made, made + size);
    }

    std::string key_;
    std::string iv_;
    std::uint64_t number_ = 0;
};

/// A ticket that takes several records.
void make_tickets_long(SSL_CTX* c)
{
    SSL_CTX_set_max_send_fragment(c, 512);
    SSL_CTX_set_num_tickets(c, 0);
    SSL_CTX_set_session_ticket_cb(
        c,
        [](SSL* ssl, void*) {
            static const std::string data = text(3000);
            return SSL_SESSION_set1_ticket_appdata(SSL_get_session(ssl), data.data(), data.size());
        },
        [](SSL*, SSL_SESSION*, const unsigned char*, std::size_t, SSL_TICKET_STATUS,
           void*) -> SSL_TICKET_RETURN { return SSL_TICKET_RETURN_IGNORE; },
        nullptr);
}

/// The memory of a handler that waits again and again. It runs on the context itself: through `any_io_executor` Asio would
/// allocate, from a cache that ends with `run()`.
struct recycler {
    void* take(std::size_t size)
    {
        if (used || size > sizeof octets)
            return ::operator new(size);
        used = true;
        return octets;
    }

    void give_back(void* p)
    {
        if (p == octets)
            used = false;
        else
            ::operator delete(p);
    }

    alignas(std::max_align_t) char octets[2048];
    bool used = false;
};

template <class T>
struct recycling_allocator {
    using value_type = T;

    explicit recycling_allocator(recycler& r) : memory(&r)
    {
    }

    template <class U>
    recycling_allocator(const recycling_allocator<U>& other) : memory(other.memory)
    {
    }

    T* allocate(std::size_t n)
    {
        return static_cast<T*>(memory->take(n * sizeof(T)));
    }

    void deallocate(T* p, std::size_t)
    {
        memory->give_back(p);
    }

    bool operator==(const recycling_allocator&) const = default;

    recycler* memory;
};

template <class Function>
struct recycling {
    using allocator_type = recycling_allocator<char>;
    using executor_type = asio::io_context::executor_type;

    executor_type get_executor() const
    {
        return executor;
    }

    allocator_type get_allocator() const
    {
        return allocator_type(*memory);
    }

    template <class... Args>
    void operator()(Args... args)
    {
        function(args...);
    }

    recycler* memory;
    executor_type executor;
    Function function;
};

template <class Function>
recycling<Function> recycle(recycler& memory, asio::io_context& io, Function function)
{
    return {&memory, io.get_executor(), std::move(function)};
}

} // namespace

static_assert(pop3::async_stream<pop3::tls_stream>);
static_assert(pop3::is_secure_stream<pop3::tls_stream>);
static_assert(pop3::is_secure_stream<asio_stream>);
static_assert(std::is_nothrow_move_constructible_v<pop3::tls_stream>);
static_assert(std::is_nothrow_move_assignable_v<pop3::tls_stream>);

// ---- Records --------------------------------------------------------------------------------------

TEST_CASE_TEMPLATE("records of all sizes, in both directions", Stream, pop3::tls_stream, asio_stream)
{
    for (const int version : both_versions) {
        ends<Stream> e(version);
        for (const std::size_t size :
             {1u, 2u, 15u, 16u, 17u, 100u, 511u, 1400u, 16383u, 16384u, 16385u, 65536u, 65537u, 300000u}) {
            CAPTURE(version);
            CAPTURE(size);
            const auto plain = text(size);
            e.send(e.sealed(plain));
            CHECK(e.read(size) == plain);
            outcome o;
            asio::async_write(e.stream(), asio::buffer(plain), into(o));
            CHECK(e.heard(size) == plain);
            e.until(o);
            CHECK(!o.ec);
            CHECK(o.size == size);
        }
    }
}

TEST_CASE("records: the largest, padded ones, and empty ones in between")
{
    ends e(TLS1_3_VERSION, sealer::set_up);
    sealer seal;
    e.send({seal.data(""), seal.data("a"), seal.data(""), seal.data("", 16383), seal.data("b", 16382),
            seal.data(text(16384)), seal.data(""), seal.data("c")});
    CHECK(e.read(3 + 16384) == "ab" + text(16384) + "c");

    // OpenSSL puts an end to what is nothing but empty.
    std::string nothing;
    for (int i = 0; i != 100; ++i)
        nothing += seal.data("");
    e.send(nothing);
    CHECK(is_ssl(e.read_error()));
}

TEST_CASE_TEMPLATE("each record comes octet by octet", Stream, pop3::tls_stream, asio_stream)
{
    for (const int version : both_versions) {
        ends<Stream> e(version);
        std::string octets = e.sealed("one");
        if (version == TLS1_3_VERSION)
            octets += in_turn({e.ticket(), e.key_update(true), e.sealed("two"), e.key_update(false)});
        octets += in_turn({e.sealed("three"), e.close_notify()});
        std::string got;
        std::error_code end;
        char octet[10];
        std::function<void()> read = [&] {
            e.stream().async_read_some(asio::buffer(octet), [&](std::error_code ec, std::size_t n) {
                got.append(octet, n);
                end = ec;
                if (!ec)
                    read();
            });
        };
        read();
        for (const char o : octets) {
            CHECK(!end);
            e.send(std::string_view(&o, 1));
            e.io.restart();
            e.io.poll();
        }
        e.until([&] { return !!end; });
        CHECK(end == asio::error::eof);
        CHECK(got == (version == TLS1_3_VERSION ? "onetwothree" : "onethree"));
    }
}

TEST_CASE("a record in two parts, cut anywhere")
{
    for (const int version : both_versions) {
        ends e(version);
        std::error_code ec;
        char octets[100];
        e.settle();
        CHECK(e.stream().read_now(asio::buffer(octets), ec) == 0);
        CHECK(ec == asio::error::would_block);
        std::size_t size = 100;
        for (std::size_t cut = 1; cut != size; ++cut) {
            CAPTURE(cut);
            const auto record = e.sealed("hello");
            size = record.size();
            outcome o;
            e.stream().async_readable(into(o));
            e.send(record.substr(0, cut));
            e.until(o);
            CHECK(e.stream().read_now(asio::buffer(octets), ec) == 0);
            CHECK(ec == asio::error::would_block);
            e.send(record.substr(cut));
            e.settle();
            CHECK(e.stream().read_now(asio::buffer(octets), ec) == 5);
            CHECK(!ec);
            CHECK(std::string_view(octets, 5) == "hello");
        }
    }
}

TEST_CASE("a record is read by pieces, and the next record is not mixed up with it")
{
    ends e;
    e.send({e.sealed("0123456789"), e.sealed("abc")});
    e.settle();
    std::error_code ec;
    char octets[100];
    CHECK(e.stream().read_now(asio::buffer(octets, 4), ec) == 4);
    CHECK(e.stream().read_now(asio::mutable_buffer(), ec) == 0);
    CHECK(!ec);
    outcome o;
    e.stream().async_readable(into(o));
    CHECK(!o.done); // never from inside
    e.until(o);
    CHECK(e.stream().read_now(asio::buffer(octets), ec) == 6);
    CHECK(e.stream().read_now(asio::buffer(octets), ec) == 3);
    CHECK(e.stream().read_now(asio::buffer(octets), ec) == 0);
    CHECK(ec == asio::error::would_block);
}

// ---- The handshake --------------------------------------------------------------------------------

TEST_CASE_TEMPLATE("data in one piece with the handshake's last flight", Stream, pop3::tls_stream,
                   asio_stream)
{
    for (const int version : both_versions) {
        CAPTURE(version);
        ends<Stream> e(version, {}, false);
        outcome o;
        e.stream().async_handshake(asio::ssl::stream_base::client, into(o));
        std::string last;
        e.until([&] {
            e.hear();
            const bool done = SSL_do_handshake(e.server.get()) == 1;
            if (done)
                last = e.sealed("+OK ready\r\n"); // behind tickets or Finished
            else
                e.send();
            return done;
        });
        e.send(last);
        e.until(o);
        CHECK(!o.ec);
        CHECK(e.read(11) == "+OK ready\r\n");
    }
}

TEST_CASE("the server speaks before the client has finished")
{
    ends e(TLS1_3_VERSION, {}, false);
    outcome o;
    e.stream().async_handshake(asio::ssl::stream_base::client, into(o));
    e.until([&] { return e.hear(); });
    std::size_t n = 0;
    char none = 0;
    REQUIRE(SSL_read_early_data(e.server.get(), &none, 1, &n) == SSL_READ_EARLY_DATA_FINISH);
    REQUIRE(SSL_write_early_data(e.server.get(), "+OK early\r\n", 11, &n) == 1);
    e.send();
    e.until(o);
    CHECK(!o.ec);
    CHECK(e.read(11) == "+OK early\r\n");
    e.until([&] { return e.step_handshake(); });
    e.send(e.sealed("more"));
    CHECK(e.read(4) == "more");
}

TEST_CASE("a handshake octet by octet")
{
    for (const int version : both_versions) {
        ends e(version, {}, false);
        outcome o;
        e.stream().async_handshake(asio::ssl::stream_base::client, into(o));
        e.until([&] {
            e.hear();
            SSL_do_handshake(e.server.get());
            for (const char octet : e.pending()) {
                e.send(std::string_view(&octet, 1));
                e.io.restart();
                e.io.poll();
            }
            return o.done;
        });
        CHECK(!o.ec);
        e.until([&] { return e.step_handshake(); });
        e.send(e.sealed("x"));
        CHECK(e.read(1) == "x");
    }
}

TEST_CASE("a handshake that fails tells the server")
{
    for (const int version : both_versions) {
        ends e(version, {}, false);
        pop3::tls_stream stream(e.io.get_executor(), pop3::tls_context()); // trusts somebody else
        CHECK(!stream.expect_host("localhost"));
        stream.next_layer() = std::move(e.stream().next_layer());
        outcome o;
        stream.async_handshake(asio::ssl::stream_base::client, into(o));
        e.until([&] {
            e.step_handshake();
            return o.done && !e.heard_alerts.empty();
        });
        CHECK(is_ssl(o.ec));
        CHECK(reason(o.ec) == SSL_R_CERTIFICATE_VERIFY_FAILED);
        CHECK(stream.handshake_error(o.ec).category() == pop3::certificate_category());
        CHECK(e.heard_alerts.front() == SSL_AD_UNKNOWN_CA);

        // It stays so.
        std::error_code ec;
        char octet = 0;
        CHECK(stream.read_now(asio::buffer(&octet, 1), ec) == 0);
        CHECK(ec == o.ec);
        CHECK(stream.write_now(asio::buffer("x", 1), ec) == 0);
        CHECK(ec == o.ec);
        outcome again;
        stream.async_handshake(asio::ssl::stream_base::client, into(again));
        e.until(again);
        CHECK(again.ec == o.ec);
    }
}

TEST_CASE("a handshake: the peer goes, it is cancelled, there is no connection, it is for a server")
{
    {
        ends e(TLS1_3_VERSION, {}, false);
        outcome o;
        e.stream().async_handshake(asio::ssl::stream_base::client, into(o));
        e.until([&] { return e.hear(); });
        SSL_do_handshake(e.server.get());
        e.send(e.pending().substr(0, 200));
        e.wire.close();
        e.until(o);
        CHECK(o.ec == asio::ssl::error::stream_truncated);
    }
    {
        ends e(TLS1_3_VERSION, {}, false);
        e.cancel([&](auto token) { e.stream().async_handshake(asio::ssl::stream_base::client, token); });
    }
    {
        asio::io_context io(1);
        pop3::tls_stream stream(io.get_executor(), pop3::tls_context());
        outcome o;
        stream.async_handshake(asio::ssl::stream_base::client, into(o));
        CHECK(!o.done);
        test::run(io);
        CHECK(o.done);
        CHECK(o.ec == asio::error::bad_descriptor);
    }
    {
        ends e(TLS1_3_VERSION, {}, false);
        outcome o;
        e.stream().async_handshake(asio::ssl::stream_base::server, into(o));
        e.until(o);
        CHECK(o.ec == asio::error::operation_not_supported);
        e.shake();
    }
}

TEST_CASE("reading and writing before the handshake fail, and harm nothing")
{
    ends e(TLS1_3_VERSION, {}, false);
    std::error_code ec;
    char octet = 0;
    CHECK(e.stream().read_now(asio::buffer(&octet, 1), ec) == 0);
    CHECK(reason(ec) == SSL_R_UNINITIALIZED);
    CHECK(e.stream().write_now(asio::buffer("x", 1), ec) == 0);
    CHECK(reason(ec) == SSL_R_UNINITIALIZED);
    e.shake();
    e.send(e.sealed("x"));
    CHECK(e.read(1) == "x");
}

// ---- The end --------------------------------------------------------------------------------------

TEST_CASE_TEMPLATE("the end, announced and not", Stream, pop3::tls_stream, asio_stream)
{
    for (const int version : both_versions) {
        CAPTURE(version);
        {
            ends<Stream> e(version);
            e.send({e.sealed("last"), e.close_notify()});
            CHECK(e.read(4) == "last");
            CHECK(e.read_error() == asio::error::eof);
            CHECK(e.read_error() == asio::error::eof);
            CHECK(!e.write("the client may go on").ec);
            CHECK(e.heard(20) == "the client may go on");
        }
        {
            ends<Stream> e(version);
            e.send(e.sealed("last"));
            e.wire.shutdown(tcp::socket::shutdown_send);
            CHECK(e.read(4) == "last");
            CHECK(e.read_error() == asio::ssl::error::stream_truncated);
            CHECK(e.read_error() == asio::ssl::error::stream_truncated);
        }
        for (const std::size_t cut : {1u, 4u, 5u, 6u, 20u}) {
            CAPTURE(cut);
            ends<Stream> e(version);
            e.send({e.sealed("last"), e.sealed("more").substr(0, cut)});
            e.wire.shutdown(tcp::socket::shutdown_send);
            CHECK(e.read(4) == "last");
            CHECK(e.read_error() == asio::ssl::error::stream_truncated);
        }
        {
            ends<Stream> e(version);
            e.send(e.sealed("last"));
            CHECK(e.read(4) == "last");
            e.wire.set_option(asio::socket_base::linger(true, 0));
            e.wire.close();
            CHECK(e.read_error() == asio::error::connection_reset);
        }
    }
}

TEST_CASE("what comes behind the end is nobody's")
{
    for (const int version : both_versions) {
        ends e(version);
        const auto junk = text(1000);
        e.send({e.sealed("last"), e.close_notify(), junk});
        e.settle();
        CHECK(e.read(4) == "last");
        CHECK(e.read_error() == asio::error::eof);
        {
            // It does not keep a buffer busy: the pool has those of the handshake, one for each direction.
            auto& pool = pop3::detail::buffer_pool::of(e.io.get_executor());
            const auto made = live_bulk.load();
            const auto one = pool.take(pop3::detail::buffer_size::bulk);
            const auto other = pool.take(pop3::detail::buffer_size::bulk);
            CHECK(live_bulk == made);
        }
        e.send(junk);
        e.wire.close();
        CHECK(e.read_error() == asio::error::eof);
        // There is nothing to wait for.
        outcome o;
        e.stream().async_readable(into(o));
        e.until(o);
        CHECK(!o.ec);
    }
}

TEST_CASE_TEMPLATE("shutdown", Stream, pop3::tls_stream, asio_stream)
{
    for (const int version : both_versions) {
        CAPTURE(version);
        {
            ends<Stream> e(version);
            outcome o;
            e.stream().async_shutdown(into(o));
            e.hear_close_notify();
            e.settle();
            CHECK(!o.done);
            e.send(e.close_notify());
            e.until(o);
            CHECK(!o.ec);
        }
        {
            // The server was first.
            ends<Stream> e(version);
            e.send({e.sealed("last"), e.close_notify()});
            CHECK(e.read(4) == "last");
            CHECK(e.read_error() == asio::error::eof);
            outcome o;
            e.stream().async_shutdown(into(o));
            e.until(o);
            CHECK(!o.ec);
            e.hear_close_notify();
        }
        {
            ends<Stream> e(version);
            outcome o;
            e.stream().async_shutdown(into(o));
            e.settle();
            e.wire.shutdown(tcp::socket::shutdown_send);
            e.until(o);
            CHECK(o.ec == asio::ssl::error::stream_truncated);
        }
        {
            ends<Stream> e(version);
            e.cancel([&](auto token) { e.stream().async_shutdown(token); });
        }
    }
}

TEST_CASE("shutdown drops what still comes, however much")
{
    for (const int version : both_versions) {
        CAPTURE(version);
        ends e(version);
        outcome o;
        e.stream().async_shutdown(into(o));
        e.settle();
        for (int i = 0; i != 20; ++i)
            e.send(e.sealed(text(60000)));
        if (version == TLS1_3_VERSION)
            e.send({e.ticket(), e.key_update(true)});
        CHECK(!o.done);
        e.send({e.sealed("x"), e.close_notify(), "junk"});
        e.until(o);
        CHECK(!o.ec);
        CHECK(e.heard().empty());
        CHECK(e.heard_close_notify());

        // Nothing can be written any more, which says nothing about what was read.
        std::error_code ec;
        char octet = 0;
        CHECK(e.stream().write_now(asio::buffer("x", 1), ec) == 0);
        CHECK(reason(ec) == SSL_R_PROTOCOL_IS_SHUTDOWN);
        CHECK(e.stream().read_now(asio::buffer(&octet, 1), ec) == 0);
        CHECK(ec == asio::error::eof);
    }
}

// ---- Messages after the handshake -------------------------------------------------------------------

TEST_CASE_TEMPLATE("tickets and KeyUpdates between data", Stream, pop3::tls_stream, asio_stream)
{
    ends<Stream> e;
    std::string expected;
    std::string got;
    for (int i = 0; i != 20; ++i) {
        const auto plain = text(100u + static_cast<unsigned>(i), static_cast<unsigned>(i));
        e.send({e.sealed(plain), e.ticket(), e.key_update(i % 2 == 0)});
        expected += plain;
        got += e.read(plain.size());
        // The client writes with its own new key once it was asked to.
        outcome o;
        asio::async_write(e.stream(), asio::buffer(plain), into(o));
        CHECK(e.heard(plain.size()) == plain);
        e.until(o);
    }
    CHECK(got == expected);
    CHECK(std::count(e.heard_messages.begin(), e.heard_messages.end(), message_key_update) == 10);
}

TEST_CASE_TEMPLATE("renegotiation is refused, and nothing is lost", Stream, pop3::tls_stream, asio_stream)
{
    ends<Stream> e(TLS1_2_VERSION);
    const auto before = e.sealed("before");
    REQUIRE(SSL_renegotiate(e.server.get()) == 1);
    SSL_do_handshake(e.server.get());
    const auto request = e.pending();
    REQUIRE(!request.empty());
    e.send(before + request + e.sealed("after"));
    CHECK(e.read(11) == "beforeafter");
    CHECK(e.hear_alert() == SSL_AD_NO_RENEGOTIATION);
}

// ---- Errors ---------------------------------------------------------------------------------------

TEST_CASE_TEMPLATE("an alert is an error", Stream, pop3::tls_stream, asio_stream)
{
    ends<Stream> e(TLS1_3_VERSION, sealer::set_up);
    sealer seal;
    e.send({seal.data("last"), seal(std::string("\x02\x50", 2), '\x15')});
    CHECK(e.read(4) == "last");
    const auto ec = e.read_error();
    CHECK(is_ssl(ec));
    CHECK(reason(ec) == SSL_R_TLSV1_ALERT_INTERNAL_ERROR);
}

TEST_CASE("an error of TLS is final, and the server is told")
{
    for (const int version : both_versions) {
        CAPTURE(version);
        ends e(version);
        const auto before = live_bulk.load();
        auto bad = e.sealed("evil");
        bad.back() = static_cast<char>(bad.back() ^ 1);
        e.send(bad + e.sealed("good"));
        const auto ec = e.read_error();
        CHECK(is_ssl(ec));
        CHECK(e.hear_alert() == SSL_AD_BAD_RECORD_MAC);

        CHECK(e.read_error() == ec);
        CHECK(e.write("x").ec == ec);
        for (int i = 0; i != 3; ++i) {
            outcome o;
            if (i == 0)
                e.stream().async_shutdown(into(o));
            else if (i == 1)
                e.stream().async_readable(into(o));
            else
                e.stream().async_writable(into(o));
            e.until(o);
            CHECK(o.ec == (i == 0 ? ec : std::error_code()));
        }
        CHECK(live_bulk <= before + 2);
    }
}

TEST_CASE("an alert stays an error")
{
    ends e(TLS1_3_VERSION, sealer::set_up);
    sealer seal;
    e.send(seal(std::string("\x02\x50", 2), '\x15'));
    const auto ec = e.read_error();
    CHECK(reason(ec) == SSL_R_TLSV1_ALERT_INTERNAL_ERROR);
    CHECK(e.read_error() == ec);
    CHECK(e.write("x").ec == ec);
}

TEST_CASE("errors that others left behind are not this stream's")
{
    ends e;
    ERR_raise(ERR_LIB_SSL, SSL_R_BAD_LENGTH);
    e.send(e.sealed("x"));
    CHECK(e.read(1) == "x");
    ERR_raise(ERR_LIB_SSL, SSL_R_BAD_LENGTH);
    std::error_code ec;
    char octet = 0;
    CHECK(e.stream().read_now(asio::buffer(&octet, 1), ec) == 0);
    CHECK(ec == asio::error::would_block);
    ERR_clear_error();
}

TEST_CASE("a connection that is gone can still be read to its end")
{
    ends e;
    e.send({e.sealed("too many connections"), e.close_notify()});
    e.wire.close();
    e.settle();
    std::error_code ec;
    for (int i = 0; i != 100 && !ec; ++i) {
        e.stream().write_now(asio::buffer("x", 1), ec);
        e.settle();
    }
    CHECK((ec == asio::error::broken_pipe || ec == asio::error::connection_reset));
    const auto first = ec;
    CHECK(e.stream().write_now(asio::buffer("x", 1), ec) == 0);
    CHECK(ec == first);
    CHECK(e.write("x").ec == first);
    // The reset took from the socket what was not read; no more than an end may be made of that.
    char octets[100];
    const auto n = e.stream().read_now(asio::buffer(octets), ec);
    CHECK((n == 20 || ec));
    CHECK(ec != asio::error::would_block);
}

// ---- Operations -----------------------------------------------------------------------------------

TEST_CASE_TEMPLATE("a read that is cancelled", Stream, pop3::tls_stream, asio_stream)
{
    ends<Stream> e;
    e.settle();
    char octets[10];
    e.cancel([&](auto token) { e.stream().async_read_some(asio::buffer(octets), token); });
    e.send(e.sealed("x"));
    CHECK(e.read(1) == "x");
}

TEST_CASE("a read that is cancelled in the middle of a record loses nothing")
{
    ends e;
    const auto record = e.sealed("hello");
    outcome o;
    asio::cancellation_signal signal;
    char octets[10];
    e.stream().async_read_some(asio::buffer(octets), asio::bind_cancellation_slot(signal.slot(), into(o)));
    e.send(record.substr(0, 10));
    e.settle();
    signal.emit(asio::cancellation_type::terminal);
    e.until(o);
    e.send(record.substr(10));
    CHECK(e.read(5) == "hello");
}

TEST_CASE("a cancellation that comes when the wait is over, but its handler has not run")
{
    ends e;
    e.settle();
    asio::io_context elsewhere(1);
    outcome o;
    asio::cancellation_signal signal;
    char octets[10];
    e.stream().async_read_some(
        asio::buffer(octets),
        asio::bind_executor(elsewhere.get_executor(), asio::bind_cancellation_slot(signal.slot(), into(o))));
    elsewhere.poll();
    CHECK(!o.done);
    e.settle();
    elsewhere.restart();
    elsewhere.poll();
    e.send(e.sealed("x"));
    e.settle();
    // It was read where the stream is; only its handler waits for its turn elsewhere.
    signal.emit(asio::cancellation_type::terminal);
    e.settle();
    elsewhere.restart();
    elsewhere.poll();
    CHECK(o.done);
    CHECK(!o.ec);
    CHECK(octets[0] == 'x');
}

TEST_CASE_TEMPLATE("the socket is closed while something waits", Stream, pop3::tls_stream, asio_stream)
{
    ends<Stream> e;
    e.settle();
    outcome o;
    char octets[10];
    e.stream().async_read_some(asio::buffer(octets), into(o));
    e.settle();
    CHECK(!o.done);
    e.stream().lowest_layer().close();
    e.until(o);
    CHECK(o.ec == asio::error::operation_aborted);
    CHECK(e.read_error() == asio::error::bad_descriptor);
    CHECK(e.write("x").ec == asio::error::bad_descriptor);
}

TEST_CASE("a stream that is moved, and one that is destroyed, while something waits")
{
    ends e;
    e.settle();
    char octets[10];
    outcome reading;
    e.stream().async_read_some(asio::buffer(octets), into(reading));
    e.settle();
    auto moved = std::make_unique<pop3::tls_stream>(std::move(e.stream()));
    e.send(e.sealed("x"));
    e.until(reading);
    CHECK(!reading.ec);
    CHECK(reading.size == 1);

    outcome waiting;
    moved->async_readable(into(waiting));
    e.settle();
    moved.reset();
    CHECK(!waiting.done);
    e.until(waiting);
    CHECK(waiting.ec == asio::error::operation_aborted);
    e.until([&] {
        e.hear();
        return e.gone;
    });

    // Assigned over, the same.
    ends a;
    ends b;
    outcome o;
    a.settle();
    a.stream().async_read_some(asio::buffer(octets), into(o));
    a.settle();
    a.stream() = client_of<pop3::tls_stream>(b.io.get_executor()).stream;
    a.until(o);
    CHECK(o.ec == asio::error::operation_aborted);
}

TEST_CASE("an execution context that ends with an operation under way")
{
    auto e = std::make_unique<ends<>>();
    e->settle();
    char octets[10];
    bool called = false;
    e->stream().async_read_some(asio::buffer(octets), [&, keep = std::make_shared<int>()](
                                                          std::error_code, std::size_t) { called = true; });
    e.reset();
    CHECK(!called);
}

TEST_CASE("the handler is called where it wants to be, and never from inside")
{
    ends e;
    asio::thread_pool pool(1);
    const auto strand = asio::make_strand(e.io);
    e.send(e.sealed("xyz"));
    e.settle();
    char octets[10];
    outcome o;
    e.stream().async_read_some(asio::buffer(octets, 1),
                               asio::bind_executor(strand, [&](std::error_code ec, std::size_t n) {
                                   CHECK(strand.running_in_this_thread());
                                   into(o)(ec, n);
                               }));
    CHECK(!o.done);
    e.until(o);
    CHECK(o.size == 1);

    std::atomic<bool> elsewhere = false;
    e.stream().async_readable(asio::bind_executor(pool.get_executor(), [&](std::error_code) {
        elsewhere = pool.get_executor().running_in_this_thread();
    }));
    e.settle(); // the steps run where the stream is
    pool.join();
    CHECK(elsewhere);

    auto future = e.stream().async_read_some(asio::buffer(octets), asio::use_future);
    e.settle();
    CHECK(future.get() == 2);
    outcome nothing;
    e.stream().async_read_some(asio::mutable_buffer(), into(nothing));
    e.until(nothing);
    CHECK(!nothing.ec);
    outcome none;
    e.stream().async_write_some(asio::const_buffer(), into(none));
    e.until(none);
    CHECK(!none.ec);

    e.send(e.sealed("abc"));
    std::array<asio::mutable_buffer, 3> buffers{asio::mutable_buffer(), asio::buffer(octets, 2),
                                                asio::buffer(octets + 2, 8)};
    outcome first;
    e.stream().async_read_some(buffers, into(first));
    e.until(first);
    CHECK(first.size == 2);
}

// ---- Both directions ------------------------------------------------------------------------------

TEST_CASE_TEMPLATE("reads and writes at once, more than the kernel holds", Stream, pop3::tls_stream,
                   asio_stream)
{
    for (const int version : both_versions) {
        ends<Stream> e(version);
        const auto up = text(20'000'000, 2);
        const auto down = text(20'000'000, 3);
        std::string got(down.size(), '\0');
        outcome written;
        outcome read;
        asio::async_write(e.stream(), asio::buffer(up), into(written));
        asio::async_read(e.stream(), asio::buffer(got), into(read));
        std::string heard;
        std::string_view rest = down;
        std::string octets;
        std::size_t sent = 0;
        e.until([&] {
            for (int i = 0; i != 20; ++i) {
                if (sent == octets.size() && !rest.empty()) {
                    octets = e.sealed(rest.substr(0, 100'000));
                    rest.remove_prefix(std::min<std::size_t>(rest.size(), 100'000));
                    sent = 0;
                }
                sent += e.push(std::string_view(octets).substr(sent));
                heard += e.heard();
                e.io.restart();
                e.io.poll();
            }
            return written.done && read.done && heard.size() >= up.size();
        });
        CHECK(!written.ec);
        CHECK(!read.ec);
        CHECK(heard == up);
        CHECK(got == down);
    }
}

namespace {

/// Writes for as long as somebody takes it.
std::string write_until_full(pop3::tls_stream& stream)
{
    const auto piece = text(60000);
    std::string taken;
    std::error_code ec;
    // The system may take more when what it has is with the peer's.
    for (int full = 0; full != 5; full = ec ? full + 1 : 0) {
        if (full != 0)
            std::this_thread::sleep_for(std::chrono::milliseconds(20));
        const auto n = stream.write_now(asio::buffer(piece), ec);
        taken.append(piece, 0, n);
    }
    CHECK(ec == asio::error::would_block);
    return taken;
}

} // namespace

TEST_CASE("what was taken is sent while the client only reads")
{
    ends e;
    e.settle();
    std::error_code all;
    const auto large = text(1'000'000);
    CHECK(e.stream().write_now(asio::buffer(large), all) == 65536);
    CHECK(!all);
    CHECK(e.heard(65536) == large.substr(0, 65536));
    CHECK(e.stream().write_now(asio::const_buffer(), all) == 0);
    CHECK(!all);

    const auto taken = write_until_full(e.stream());
    char octets[100];
    std::error_code ec;
    CHECK(e.stream().read_now(asio::buffer(octets), ec) == 0);
    CHECK(ec == asio::error::would_block);
    outcome o;
    e.stream().async_readable(into(o));
    CHECK(e.heard(taken.size()) == taken);
    CHECK(!o.done);
    e.send(e.sealed("x"));
    e.until(o);
    CHECK(e.stream().read_now(asio::buffer(octets), ec) == 1);

    // By the calls alone.
    const auto more = write_until_full(e.stream());
    std::string heard;
    while (heard.size() < more.size()) {
        heard += e.heard();
        e.stream().read_now(asio::buffer(octets), ec);
        REQUIRE(ec == asio::error::would_block);
    }
    CHECK(heard == more);
}

TEST_CASE("a peer that takes nothing while it sends")
{
    ends e;
    e.settle();
    const auto taken = write_until_full(e.stream());
    const auto plain = text(1'000'000);
    std::string got(plain.size(), '\0');
    outcome read;
    asio::async_read(e.stream(), asio::buffer(got), into(read));
    outcome writable;
    e.stream().async_writable(into(writable));
    e.send(e.sealed(plain));
    e.until(read);
    CHECK(got == plain);
    // It may be writable by now: a system that probes a full window finds room after all.
    CHECK(e.heard(taken.size()) == taken);
    e.until(writable);
    CHECK(!writable.ec);
}

TEST_CASE("a write completes when it was sent, and can be cancelled")
{
    ends e;
    e.settle();
    auto taken = write_until_full(e.stream());
    e.cancel([&](auto token) { e.stream().async_write_some(asio::buffer("x", 1), token); });
    outcome last;
    e.stream().async_write_some(asio::buffer("y", 1), into(last));
    e.settle();
    // A system that probes a full window finds room after all.
    for (; last.done; e.settle()) {
        taken += "y" + write_until_full(e.stream());
        last = {};
        e.stream().async_write_some(asio::buffer("y", 1), into(last));
    }
    CHECK(e.heard(taken.size() + 1) == taken + "y");
    e.until(last);
    CHECK(last.size == 1);
}

TEST_CASE("what was written has left when the operation completes")
{
    ends e;
    e.settle();
    const auto piece = text(60000);
    std::size_t written = 0;
    outcome o;
    do {
        written += o.size;
        o = {};
        e.stream().async_write_some(asio::buffer(piece), into(o));
        e.settle();
    } while (o.done);
    REQUIRE(written != 0);
    // Without the client's event loop.
    std::string heard;
    for (int i = 0; i != 100 && heard.size() < written; ++i) {
        heard += e.heard();
        std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
    CHECK(heard.size() >= written);
}

namespace {

/// The client has read a part of a message of a handshake, which is in the way of a write.
struct half_a_ticket : ends<> {
    half_a_ticket() : ends<>(TLS1_3_VERSION, make_tickets_long)
    {
        const auto whole = ticket();
        REQUIRE(whole.size() > 2000);
        rest = whole.substr(1000);
        send(whole.substr(0, 1000));
        settle();
        CHECK(stream().read_now(asio::buffer(octets), ec) == 0);
    }

    std::string rest;
    std::error_code ec;
    char octets[100];
};

} // namespace

TEST_CASE("half a message of a handshake is in the way of a write: the writer reads the rest")
{
    half_a_ticket e;
    CHECK(e.stream().write_now(asio::buffer("x", 1), e.ec) == 0);
    CHECK(e.ec == asio::error::would_block);
    outcome o;
    SUBCASE("write")
    {
        e.stream().async_write_some(asio::buffer("x", 1), into(o));
        e.settle();
        CHECK(!o.done);
        e.send(e.rest + e.sealed("y"));
        e.until(o);
        CHECK(o.size == 1);
    }
    SUBCASE("writable")
    {
        e.stream().async_writable(into(o));
        e.settle();
        CHECK(!o.done);
        e.send(e.rest + e.sealed("y"));
        e.until(o);
        CHECK(e.stream().write_now(asio::buffer("x", 1), e.ec) == 1);
    }
    CHECK(!o.ec);
    CHECK(e.heard(1) == "x");
    // What the writer found behind it is at hand, though the socket has nothing more to say.
    outcome readable;
    e.stream().async_readable(into(readable));
    e.until(readable);
    CHECK(e.stream().read_now(asio::buffer(e.octets), e.ec) == 1);
    CHECK(e.octets[0] == 'y');
}

TEST_CASE("half a message of a handshake is in the way of a write: a reader reads the rest")
{
    half_a_ticket e;
    outcome written;
    e.stream().async_write_some(asio::buffer("x", 1), into(written));
    outcome read;
    SUBCASE("one that waits")
    {
        e.stream().async_read_some(asio::buffer(e.octets), into(read));
        e.settle();
        e.send(e.rest.substr(0, 10));
        e.settle();
        CHECK(!written.done);
        CHECK(!read.done);
        e.send(e.rest.substr(10));
        e.until(written);
        CHECK(!read.done);
        CHECK(!written.ec);
        e.send(e.sealed("y"));
        e.until(read);
        CHECK(read.size == 1);
    }
    SUBCASE("one that only looks")
    {
        e.settle();
        e.send(e.rest);
        std::this_thread::sleep_for(std::chrono::milliseconds(10));
        CHECK(e.stream().read_now(asio::buffer(e.octets), e.ec) == 0); // the event loop has not run
        e.until(written);
        CHECK(!written.ec);
        CHECK(written.size == 1);
    }
    CHECK(e.heard(1) == "x");
}

TEST_CASE(
    "half a message of a handshake is in the way of a write: what a reader waits for is not taken from it")
{
    half_a_ticket e;
    outcome readable;
    e.stream().async_readable(into(readable));
    e.settle();
    e.send(e.rest + e.sealed("y"));
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
    CHECK(e.stream().write_now(asio::buffer("x", 1), e.ec) == 0); // the event loop has not run
    CHECK(e.ec == asio::error::would_block);
    e.until(readable);
    CHECK(e.stream().read_now(asio::buffer(e.octets), e.ec) == 1);
    CHECK(e.octets[0] == 'y');
    CHECK(e.stream().write_now(asio::buffer("x", 1), e.ec) == 1);
    CHECK(e.heard(1) == "x");
}

TEST_CASE("half a message of a handshake, and whoever waits is cancelled, closed or shut down")
{
    half_a_ticket e;
    outcome o;
    SUBCASE("cancelled")
    {
        e.cancel([&](auto token) { e.stream().async_writable(token); });
    }
    SUBCASE("closed")
    {
        e.stream().async_writable(into(o));
        e.settle();
        e.stream().lowest_layer().close();
        e.until(o);
        CHECK(o.ec == asio::error::operation_aborted);
    }
    SUBCASE("the peer goes")
    {
        e.stream().async_write_some(asio::buffer("x", 1), into(o));
        e.settle();
        e.wire.close();
        e.until(o);
        CHECK(o.ec == asio::ssl::error::stream_truncated);
    }
    SUBCASE("shut down")
    {
        e.stream().async_shutdown(into(o));
        e.settle();
        CHECK(!o.done);
        e.send(e.rest);
        e.hear_close_notify();
        e.send(e.close_notify());
        e.until(o);
        CHECK(!o.ec);
    }
}

// ---- Bounds ---------------------------------------------------------------------------------------

TEST_CASE("what is no data does not keep a reader busy for ever")
{
    ends e;
    e.settle();
    std::size_t tickets = 0;
    SSL_set_app_data(e.stream().native_handle(), &tickets);
    SSL_set_msg_callback(e.stream().native_handle(),
                         [](int written, int, int type, const void* octets, std::size_t, SSL* ssl, void*) {
                             if (written == 0 && type == SSL3_RT_HANDSHAKE &&
                                 *static_cast<const unsigned char*>(octets) == SSL3_MT_NEWSESSION_TICKET)
                                 ++*static_cast<std::size_t*>(SSL_get_app_data(ssl));
                         });
    std::error_code ec;
    char octet = 0;
    CHECK(e.stream().read_now(asio::buffer(&octet, 1), ec) == 0);
    tickets = 0;
    std::string octets = e.ticket();
    const std::size_t size = octets.size();
    std::size_t sent = 1;
    for (; octets.size() < 3 * bulk; ++sent)
        octets += e.ticket();
    octets += e.sealed("x");
    std::string_view rest = octets;
    std::size_t calls = 0;
    std::size_t most = 0;
    std::size_t n = 0;
    e.until([&] {
        rest.remove_prefix(e.push(rest));
        const auto before = tickets;
        n = e.stream().read_now(asio::buffer(&octet, 1), ec);
        most = std::max(most, tickets - before);
        ++calls;
        REQUIRE((n != 0 || ec == asio::error::would_block));
        return n != 0;
    });
    CHECK(octet == 'x');
    CHECK(tickets == sent);
    CHECK(most > 100);
    CHECK(most <= bulk / size + 1);
    CHECK(calls > 3);
}

TEST_CASE("a peer that wants answers and does not read them")
{
    // OpenSSL puts off the answer to a KeyUpdate until something is written; but a renegotiation is refused each time.
    ends e(TLS1_2_VERSION);
    e.wire.set_option(asio::socket_base::receive_buffer_size(20'000));
    e.wire.set_option(asio::socket_base::send_buffer_size(20'000));
    e.settle();
    std::error_code ec;
    char octets[100];
    const auto live = live_octets.load();
    std::string pending;
    pending.reserve(100'000);
    std::size_t asked = 0;
    std::size_t idle = 0;
    outcome waiting{true, {}, 0};
    const auto ask = [&] {
        REQUIRE(SSL_renegotiate(e.server.get()) == 1);
        REQUIRE(SSL_do_handshake(e.server.get()) == 1);
        ++asked;
        return e.pending();
    };
    // As much as it can get rid of: the client has to stop taking it at some time.
    e.until([&] {
        while (pending.size() < 50'000)
            pending += ask();
        const auto n = e.push(pending);
        pending.erase(0, n);
        if (waiting.done) {
            REQUIRE(!waiting.ec);
            REQUIRE(e.stream().read_now(asio::buffer(octets), ec) == 0);
            REQUIRE(ec == asio::error::would_block);
            waiting = {};
            e.stream().async_readable(into(waiting));
        }
        e.io.restart();
        idle = n != 0 || e.io.poll() != 0 ? 0 : idle + 1;
        return idle > 50;
    });
    CHECK(!waiting.done);
    CHECK(live_octets - live < 2 * bulk + 200'000); // two of the pool, and what the test has

    // Once it does, everything goes on.
    pending += e.sealed("x");
    std::size_t n = 0;
    std::size_t refused = 0;
    e.until([&] {
        std::string answers(65536, '\0');
        std::error_code none;
        refused += e.wire.read_some(asio::buffer(answers), none);
        pending.erase(0, e.push(pending));
        if (waiting.done) {
            REQUIRE(!waiting.ec);
            n = e.stream().read_now(asio::buffer(octets), ec);
            waiting = {};
            if (n == 0)
                e.stream().async_readable(into(waiting));
        }
        return n != 0;
    });
    CHECK(octets[0] == 'x');
    outcome rest;
    e.stream().async_writable(into(rest));
    e.until([&] {
        std::string answers(65536, '\0');
        std::error_code none;
        refused += e.wire.read_some(asio::buffer(answers), none);
        return rest.done && refused >= asked * 31; // the size of an alert
    });
    CHECK(refused == asked * 31);
}

TEST_CASE("streams that wait hold no buffer")
{
    const auto before = live_bulk.load();
    const auto io = std::make_shared<asio::io_context>(1);
    std::vector<std::unique_ptr<ends<>>> all;
    std::vector<outcome> waiting(10);
    char octets[100];
    for (std::size_t i = 0; i != waiting.size(); ++i) {
        all.push_back(std::make_unique<ends<>>(i < 5 ? TLS1_2_VERSION : TLS1_3_VERSION, nullptr, true, io));
        auto& e = *all[i];
        e.send(e.sealed("greeting"));
        CHECK(e.read(8) == "greeting");
        CHECK(e.write("command").size == 7);
        if (i % 3 == 0)
            e.stream().async_readable(into(waiting[i]));
        else if (i % 3 == 1)
            e.stream().async_read_some(asio::buffer(octets), into(waiting[i]));
        e.settle();
        CHECK(live_bulk - before <= 2); // of the pool, which all of them share
    }
}

#if defined(__GLIBC__)
#if __GLIBC_PREREQ(2, 33)

TEST_CASE("nor does OpenSSL hold any for them")
{
    for (const int version : both_versions) {
        ends e(version);
        std::error_code ec;
        char octets[100];
        const auto record = e.sealed("greeting");
        const auto frees = [&] {
            const auto before = mallinfo2().uordblks;
            REQUIRE(SSL_alloc_buffers(e.stream().native_handle()) == 1); // if it has none
            return mallinfo2().uordblks - before > 30'000;
        };
        if (mallinfo2().uordblks == 0)
            return; // another malloc, say of a sanitizer
        e.settle();
        CHECK(e.stream().read_now(asio::buffer(octets), ec) == 0);
        CHECK(frees());
        // Not with half a record in them, nor with one that was not read to its end.
        e.send(record.substr(0, 5));
        e.settle();
        CHECK(e.stream().read_now(asio::buffer(octets), ec) == 0);
        CHECK(!frees());
        e.send(record.substr(5));
        e.settle();
        CHECK(e.stream().read_now(asio::buffer(octets, 3), ec) == 3);
        CHECK(!frees());
        CHECK(e.stream().read_now(asio::buffer(octets), ec) == 5);
        CHECK(std::string_view(octets, 5) == "eting");
        CHECK(frees());
        CHECK(e.write("command").size == 7);
        CHECK(frees());
    }
}

#endif
#endif

namespace {

/// Reads, writes and waits by turns, each handler with memory of its own, until `rounds` are over.
struct steady_talk {
    explicit steady_talk(ends<>& both, int n) : e(both), rounds(n)
    {
    }

    void read()
    {
        e.stream().async_read_some(asio::buffer(octets),
                                   recycle(reading, e.io, [this](std::error_code ec, std::size_t n) {
                                       REQUIRE(!ec);
                                       got += n;
                                       if (--rounds != 0)
                                           write();
                                   }));
    }

    void write()
    {
        e.stream().async_write_some(asio::buffer(octets),
                                    recycle(writing, e.io, [this](std::error_code ec, std::size_t) {
                                        REQUIRE(!ec);
                                        wait();
                                    }));
    }

    void wait()
    {
        e.stream().async_readable(recycle(reading, e.io, [this](std::error_code ec) {
            REQUIRE(!ec);
            read();
        }));
    }

    ends<>& e;
    int rounds;
    std::size_t got = 0;
    recycler reading;
    recycler writing;
    std::array<char, 5000> octets{};
};

} // namespace

TEST_CASE("nothing is allocated once it runs")
{
    ends e;
    steady_talk talk(e, 40);
    const auto plain = text(5000);
    // OpenSSL allocates in ways of its own, and so do the test's strings.
    std::size_t counted = 0;
    const auto run = [&] {
        const auto before = allocations;
        for (int i = 0; i != 3; ++i) {
            e.io.restart();
            e.io.poll();
        }
        counted += allocations - before;
    };
    talk.wait();
    for (int round = 40; round != 0; --round) {
        if (round == 35)
            counted = 0;
        e.send(e.sealed(plain));
        const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(10);
        while (talk.rounds >= round && std::chrono::steady_clock::now() < deadline)
            run();
        e.heard();
    }
    CHECK(talk.rounds == 0);
    // What is posted goes through an any_io_executor, for which Asio takes memory of the thread's: it is kept for as long as
    // run() goes on, but poll() ends each time.
    CHECK(counted <= 2 * 35);
}

TEST_CASE("a hundred megabytes in constant memory")
{
    for (const int version : both_versions) {
        ends e(version);
        const auto plain = text(100'000);
        constexpr std::size_t total = 100'000'000;
        std::array<char, 16384> octets;
        std::size_t sent = 0;
        std::size_t got = 0;
        std::size_t most = 0;
        std::size_t base = 0;
        std::error_code ec;
        std::string record;
        record.reserve(200'000);
        base = live_octets;
        while (got < total) {
            if (record.empty() && sent < total) {
                record += e.sealed(plain);
                sent += plain.size();
            }
            record.erase(0, e.push(record));
            ec = {};
            while (!ec) {
                const auto n = e.stream().read_now(asio::buffer(octets), ec);
                REQUIRE((!ec || ec == asio::error::would_block));
                for (std::size_t i = 0; i < n; i += 997)
                    REQUIRE(octets[i] == plain[(got + i) % plain.size()]);
                got += n;
                most = std::max<std::size_t>(most, live_octets - std::min<std::size_t>(base, live_octets));
            }
        }
        CHECK(got == total);
        CHECK(most <= 3 * bulk);
    }
}

TEST_CASE("in coroutines")
{
    ends e;
    e.send({e.sealed("hello"), e.close_notify()});
    std::string got;
    std::error_code end;
    test::run(e.io, [&]() -> asio::awaitable<void> {
        char octets[3];
        auto& stream = e.stream();
        co_await stream.async_write_some(asio::buffer("hi", 2), asio::use_awaitable);
        for (;;) {
            const auto n = stream.read_now(asio::buffer(octets), end);
            got.append(octets, n);
            if (end == asio::error::would_block)
                co_await stream.async_readable(asio::use_awaitable);
            else if (end)
                co_return;
        }
    });
    CHECK(got == "hello");
    CHECK(end == asio::error::eof);
    CHECK(e.heard(2) == "hi");
}
