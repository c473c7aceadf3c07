// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)
#pragma once

#include <pop3/command/command_line.hpp>
#include <pop3/command/concept.hpp>
#include <pop3/error.hpp>
#include <pop3/grammar/greeting.hpp>
#include <pop3/secret.hpp>
#include <pop3/state.hpp>

#include <openssl/crypto.h>
#include <openssl/evp.h>

#include <cstddef>
#include <string>
#include <string_view>
#include <system_error>

namespace pop3::command {

/// APOP name digest: a login that shows the server, but nobody else, that the client knows the secret (RFC 1939,
/// section 7). It is of use without TLS only: who listens can still try passwords on what they heard, and nothing
/// proves who the server is. Inside TLS prefer SCRAM.
///
/// Name and secret are sent and hashed as they are, octet by octet. They may be UTF-8 only where the server announces
/// `UTF8 USER`, and then prepared with SASLprep (RFC 6856, section 2.2): both are the caller's to see to.
class apop {
public:
    static constexpr std::string_view verb = "APOP";
    static constexpr reply_shape shape = reply_shape::single_line;
    static constexpr std::string_view way_in = "+APOP";
    using result_type = void;
    using permitted_in = states<authorization>;
    using on_ok = transaction;
    using on_refusal = authorization;

    /// `timestamp` is that of the greeting (`greeting::timestamp`), with its angle brackets. The secret is not kept.
    apop(std::string_view name, const secret& shared_secret, std::string_view timestamp) : name_(name)
    {
        if (!grammar::is_timestamp(timestamp))
            error_ = errc::no_timestamp;
        // A second word would be taken for the digest.
        else if (!grammar::is_argument(name) || name.find(' ') != std::string_view::npos ||
                 shared_secret.expose().empty())
            error_ = errc::invalid_argument;
        else if (digest_ = digest(timestamp, shared_secret); digest_.expose().empty())
            error_ = errc::no_shared_mechanism;
    }

    /// Why it must not be sent, if so: `errc::no_timestamp` for one that is missing or not safe (CVE-2007-1558);
    /// `errc::invalid_argument` for a name that is empty, has a space or a control, and for an empty secret;
    /// `errc::no_shared_mechanism` where OpenSSL does without MD5 (FIPS); `errc::command_too_long`.
    std::error_code(check)() const
    {
        if (error_)
            return error_;
        command_line trial;
        write(trial);
        return trial.end();
    }

    /// Without a digest the line cannot be sent either.
    void write(command_line& line) const
    {
        line.verb(verb).argument(name_).argument(digest_);
    }

private:
    /// The digest of APOP: MD5 of the timestamp, angle brackets included, and the secret, as 32 lower-case hexadecimal
    /// digits. Empty where OpenSSL has no MD5, as in FIPS mode.
    static secret digest(std::string_view timestamp, const secret& shared)
    {
        const auto text = shared.expose();
        detail::wiped_octets hashed(timestamp.begin(), timestamp.end());
        hashed.insert(hashed.end(), text.begin(), text.end());

        unsigned char md5[EVP_MAX_MD_SIZE];
        unsigned int size = 0;
        if (EVP_Digest(hashed.data(), hashed.size(), md5, &size, EVP_md5(), nullptr) != 1)
            return {};

        constexpr char digits[] = "0123456789abcdef";
        char hex[2 * sizeof md5];
        for (std::size_t i = 0; i != size; ++i) {
            hex[2 * i] = digits[md5[i] >> 4];
            hex[2 * i + 1] = digits[md5[i] & 15];
        }
        secret result(std::string_view(hex, std::size_t{2} * size));
        OPENSSL_cleanse(md5, sizeof md5);
        OPENSSL_cleanse(hex, sizeof hex);
        return result;
    }

    std::string name_;
    secret digest_;
    std::error_code error_;
};

} // namespace pop3::command
