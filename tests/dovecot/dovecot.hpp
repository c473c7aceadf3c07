// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)
#pragma once

// A real POP3 server, Dovecot, for the integration tests: test::dovecot starts one in a folder of its own and
// ends it again.  What it listens on and which users it knows is described in start.sh.
//
//     auto& server = test::dovecot::instance();
//     server.make_maildrop("alice", {"Subject: one\r\n\r\nbody\r\n", "Subject: two\r\n\r\nbody\r\n"});
//     ... connect to "localhost", server.tls_port(), trusting server.ca_file(), as alice, "secret" ...
//     CHECK(server.maildrop("alice").size() == 1);
//
// Every user name exists, with the password "secret".  A test case that takes a name of its own (its own
// name, say) is independent of all others.
//
// Two compile definitions say where things are: POP3_DOVECOT_START, the path of start.sh, and, optional,
// POP3_DOVECOT_DIR, the folder that provide.sh was given.

#include "support/started_server.hpp"

#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <ctime>
#include <filesystem>
#include <stdexcept>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

#ifndef POP3_DOVECOT_START
#define POP3_DOVECOT_START ""
#endif
#ifndef POP3_DOVECOT_DIR
#define POP3_DOVECOT_DIR ""
#endif

namespace test {

class dovecot : public started_server {
public:
    static constexpr const char* password = "secret";

    // Starts a server; throws std::runtime_error with what the script and the server's log said when that
    // fails.  `provided` is the folder given to provide.sh, or empty for the installed Dovecot.
    explicit dovecot(std::string start_script = POP3_DOVECOT_START, std::string provided = POP3_DOVECOT_DIR)
        : started_server("dovecot", std::move(start_script), std::move(provided))
    {
    }

    // The one server of this test program.
    static dovecot& instance()
    {
        return only<dovecot>();
    }

    // --- where it listens ---------------------------------------------------------------------------------

    // The usual address.  "localhost" and, when has_ipv6(), "::1" have the same ports and a certificate for
    // all three names.
    std::string host() const
    {
        return "127.0.0.1";
    }

    bool has_ipv6() const
    {
        return value("ipv6") == "yes";
    }

    // POP3 without TLS, with STLS.
    std::uint16_t plain_port() const
    {
        return port("plain");
    }

    // POP3 over TLS.
    std::uint16_t tls_port() const
    {
        return port("tls");
    }

    // The certificate is for this host and for localhost, signed as the others, but expired.  Here and at the
    // other hosts there is also plain_port(), which offers the same certificate to STLS.
    std::string expired_host() const
    {
        return value("host_expired");
    }

    std::uint16_t expired_port() const
    {
        return port("tls_expired");
    }

    // The certificate is for wrong.example only, otherwise good.
    std::string wrong_host() const
    {
        return value("host_wrong_host");
    }

    std::uint16_t wrong_host_port() const
    {
        return port("tls_wrong_host");
    }

    // This host refuses USER, and AUTH with a password in the clear, until there is TLS.
    std::string tls_required_host() const
    {
        return value("host_tls_required");
    }

    // This host asks TLS clients for a certificate, and a client that shows client_certificate() can log in by EXTERNAL.
    // A client that wants to resume a TLS session here is refused in the handshake: Dovecot asks for certificates
    // without the setting of OpenSSL that resuming needs then.
    std::string client_certificate_host() const
    {
        return value("host_client_certificate");
    }

    // Does it offer SCRAM-SHA-1-PLUS and SCRAM-SHA-256-PLUS under TLS?  Dovecot 2.4 does.  It takes tls-exporter in
    // TLS 1.3 and tls-unique in TLS 1.2; by any other binding 2.4.1's login process crashes, and with it every
    // connection that has not logged in.
    bool has_channel_binding() const
    {
        return value("channel_binding") == "yes";
    }

    // --- without a password -------------------------------------------------------------------------------

    // PEM files of the certificate and the key of a client who is the user "alice".
    std::string client_certificate() const
    {
        return work_dir() + "/client.pem";
    }

    std::string client_key() const
    {
        return work_dir() + "/client.key";
    }

    // And of a client who says so too, but nobody has signed it.
    std::string stranger_certificate() const
    {
        return work_dir() + "/stranger.pem";
    }

    std::string stranger_key() const
    {
        return work_dir() + "/stranger.key";
    }

    // A bearer token, for XOAUTH2 and OAUTHBEARER, that logs the user in: a JSON Web Token.
    std::string token(const std::string& user) const
    {
        return sign(user, 3600, value("jwt_key"));
    }

    // One whose time has passed: refused, as any other bad one, with the status "invalid_token" or "401".
    std::string expired_token(const std::string& user) const
    {
        return sign(user, -60, value("jwt_key"));
    }

    // One that somebody else has signed.
    std::string forged_token(const std::string& user) const
    {
        return sign(user, 3600, "another key");
    }

    // --- maildrops ----------------------------------------------------------------------------------------

    // Replaces the user's maildrop by one with these messages, numbered in this order.  Octets are taken as
    // they are; Dovecot sends a bare LF as CRLF.  The user must have no session at this time.
    void make_maildrop(const std::string& user, const std::vector<std::string>& messages = {})
    {
        const std::string dir = maildir(user);
        std::filesystem::remove_all(dir);
        make_dirs(dir);
        deliver(user, messages);
    }

    // Adds messages behind those that are there, as a mail server does it; a session sees them only when it
    // begins afterwards.
    void deliver(const std::string& user, const std::vector<std::string>& messages)
    {
        const std::string dir = maildir(user);
        make_dirs(dir);
        for (const std::string& message : messages) {
            // The order of messages is the order of the times in their names.
            const unsigned long n = next_++;
            std::string fraction = std::to_string(n % 1000000);
            fraction.insert(0, 6 - fraction.size(), '0');
            const std::string seconds = std::to_string(static_cast<unsigned long>(started_) + n / 1000000);
            const std::string name = seconds + ".M" + fraction + ".test";
            // In two steps, so that a session which begins just now sees all of a message or nothing.
            write_file(dir + "/tmp/" + name, message);
            std::filesystem::rename(dir + "/tmp/" + name, dir + "/new/" + name);
        }
    }

    // The messages that are in the maildrop now, in order.
    std::vector<std::string> maildrop(const std::string& user) const
    {
        std::vector<std::pair<std::string, std::filesystem::path>> files;
        for (const char* part : {"/cur", "/new"}) {
            std::error_code error;
            std::filesystem::directory_iterator entries(maildir(user) + part, error);
            if (error == std::errc::no_such_file_or_directory) {
                continue;
            }
            if (error) {
                throw std::system_error(error, "dovecot: cannot read the maildrop of " + user);
            }
            for (const auto& entry : entries) {
                // Behind the colon are the message's flags, which change.
                const std::string name = entry.path().filename().string();
                files.emplace_back(name.substr(0, name.find(':')), entry.path());
            }
        }
        std::sort(files.begin(), files.end());
        std::vector<std::string> messages;
        messages.reserve(files.size());
        for (const auto& file : files) {
            messages.push_back(read_file(file.second));
        }
        return messages;
    }

    // The end of Dovecot's log, to see what it made of a session.
    std::string log_tail() const
    {
        constexpr std::size_t limit = 4000;
        std::string log = read_file(work_dir() + "/dovecot.log", false);
        if (log.size() > limit) {
            log.erase(0, log.size() - limit);
            log.erase(0, log.find('\n') + 1);
        }
        return log;
    }

private:
    const std::time_t started_ = std::time(nullptr);
    std::atomic<unsigned long> next_ = 0;

    std::string maildir(const std::string& user) const
    {
        if (user.empty() || user.front() == '.' || user.find('/') != std::string::npos || user == "broken") {
            throw std::invalid_argument("dovecot: no maildrop for a user called '" + user + "'");
        }
        return work_dir() + "/mail/" + user;
    }

    void make_dirs(const std::string& dir) const
    {
        for (const char* part : {"", "/cur", "/new", "/tmp"}) {
            if (std::filesystem::create_directory(dir + part)) {
                give(dir + part);
            }
        }
    }

    // What root's tests make has to belong to the user that the server runs as.
    void give(const std::string& path) const
    {
        if (::geteuid() == 0 && ::chown(path.c_str(), number<uid_t>("uid"), number<gid_t>("gid")) == -1) {
            throw std::system_error(errno, std::generic_category(), "dovecot: chown " + path);
        }
    }

    void write_file(const std::string& path, std::string_view content) const
    {
        const int file = ::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
        if (file == -1) {
            throw std::system_error(errno, std::generic_category(), "dovecot: cannot create " + path);
        }
        int error = 0;
        while (!content.empty() && error == 0) {
            const ssize_t n = ::write(file, content.data(), content.size());
            if (n >= 0) {
                content.remove_prefix(static_cast<std::size_t>(n));
            } else if (errno != EINTR) {
                error = errno;
            }
        }
        if (::close(file) == -1 && error == 0) {
            error = errno;
        }
        if (error != 0) {
            throw std::system_error(error, std::generic_category(), "dovecot: cannot write " + path);
        }
        give(path);
    }

    // RFC 7519 in the compact form of RFC 7515.
    static std::string sign(const std::string& user, std::int64_t lifetime, const std::string& key)
    {
        if (user.find_first_of("\"\\") != std::string::npos) {
            throw std::invalid_argument("dovecot: no token for a user called '" + user + "'");
        }
        const std::int64_t now = std::time(nullptr);
        std::string token =
            base64url(R"({"alg":"HS256","typ":"JWT"})") + "." +
            base64url(R"({"sub":")" + user + R"(","scope":"mail","iat":)" + std::to_string(now - 120) +
                      R"(,"exp":)" + std::to_string(now + lifetime) + "}");
        unsigned char mac[EVP_MAX_MD_SIZE];
        unsigned int size = 0;
        if (::HMAC(::EVP_sha256(), key.data(), static_cast<int>(key.size()),
                   reinterpret_cast<const unsigned char*>(token.data()), token.size(), mac,
                   &size) == nullptr) {
            throw std::runtime_error("dovecot: cannot sign a token");
        }
        return token + "." + base64url({reinterpret_cast<const char*>(mac), size});
    }

    static std::string base64url(std::string_view octets)
    {
        std::string text((octets.size() + 2) / 3 * 4 + 1, '\0');
        const int size = ::EVP_EncodeBlock(reinterpret_cast<unsigned char*>(text.data()),
                                           reinterpret_cast<const unsigned char*>(octets.data()),
                                           static_cast<int>(octets.size()));
        text.resize(static_cast<std::size_t>(size));
        text.erase(std::min(text.find('='), text.size()));
        std::replace(text.begin(), text.end(), '+', '-');
        std::replace(text.begin(), text.end(), '/', '_');
        return text;
    }
};

} // namespace test
