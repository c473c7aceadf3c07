// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)
#pragma once

#include <pop3/command/apop.hpp>
#include <pop3/command/command_line.hpp>
#include <pop3/command/concept.hpp>
#include <pop3/config.hpp>
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

POP3_DECL apop::apop(std::string_view name, const secret& shared_secret, std::string_view timestamp)
    : name_(name)
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

POP3_DECL std::error_code(apop::check)() const
{
    if (error_)
        return error_;
    command_line trial;
    write(trial);
    return trial.end();
}

POP3_DECL void apop::write(command_line& line) const
{
    line.verb(verb).argument(name_).argument(digest_);
}

POP3_DECL secret apop::digest(std::string_view timestamp, const secret& shared)
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

} // namespace pop3::command
