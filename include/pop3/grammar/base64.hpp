// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)
#pragma once

#include <pop3/secret.hpp>

#include <openssl/crypto.h>
#include <openssl/evp.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <limits>
#include <string_view>

namespace pop3::grammar {

/// The digits of base64 (RFC 4648, section 4). Not `=`, which is none.
constexpr bool is_base64_digit(char c) noexcept
{
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '+' || c == '/';
}

/// Appends `octets` in base64 (RFC 4648, section 4), padded, in one line.
inline void base64_encode(std::string_view octets, pop3::detail::wiped_octets& into)
{
    // A multiple of 3, so that padding comes at the end only. In pieces, since OpenSSL counts in int.
    constexpr std::size_t piece = 3u << 16;
    while (!octets.empty()) {
        const auto n = (std::min)(octets.size(), piece);
        const auto at = into.size();
        const auto digits = (n + 2) / 3 * 4;
        into.resize(at + digits + 1); // OpenSSL puts a NUL behind them.
        EVP_EncodeBlock(reinterpret_cast<unsigned char*>(into.data() + at),
                        reinterpret_cast<const unsigned char*>(octets.data()), static_cast<int>(n));
        into.resize(at + digits);
        octets.remove_prefix(n);
    }
}

/// Makes `into` the octets that `text` stands for, or says false, and `into` is empty. Strict (RFC 4648, section 3):
/// padded, nothing but the digits, and no bits set that stand for nothing, so that no two texts mean the same.
inline bool base64_decode(std::string_view text, pop3::detail::wiped_octets& into)
{
    into.clear();
    if (text.empty())
        return true;
    if (text.size() % 4 != 0 || text.size() > static_cast<std::size_t>((std::numeric_limits<int>::max)()))
        return false;
    const std::size_t padding = text.ends_with("==") ? 2 : text.ends_with('=') ? 1 : 0;
    // Looked at here: OpenSSL skips white space at the ends, and takes `=` for a digit anywhere.
    const auto digits = text.substr(0, text.size() - padding);
    if (!std::all_of(digits.begin(), digits.end(), is_base64_digit))
        return false;

    into.resize(text.size() / 4 * 3);
    const auto octets =
        EVP_DecodeBlock(reinterpret_cast<unsigned char*>(into.data()),
                        reinterpret_cast<const unsigned char*>(text.data()), static_cast<int>(text.size()));
    if (octets < 0 || static_cast<std::size_t>(octets) != into.size()) {
        into.clear();
        return false;
    }
    // It counts the padding as octets. They, and the bits before them, must be zero.
    into.resize(into.size() - padding);
    if (padding != 0) {
        std::array<unsigned char, 5> again{};
        const auto tail = 3 - padding;
        EVP_EncodeBlock(again.data(),
                        reinterpret_cast<const unsigned char*>(into.data() + (into.size() - tail)),
                        static_cast<int>(tail));
        const auto same =
            std::equal(again.begin(), again.end() - 1, text.end() - 4,
                       [](unsigned char a, char b) { return a == static_cast<unsigned char>(b); });
        OPENSSL_cleanse(again.data(), again.size());
        if (!same) {
            into.clear();
            return false;
        }
    }
    return true;
}

} // namespace pop3::grammar
