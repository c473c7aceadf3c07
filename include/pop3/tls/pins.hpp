// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)
#pragma once

#include <pop3/tls/fingerprint.hpp>

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/x509.h>

#include <algorithm>
#include <array>
#include <optional>
#include <string_view>
#include <vector>

namespace pop3::detail {

/// Reads a base64 digest, also with the prefix that curl gives it. Nothing if it is not exactly that.
inline std::optional<sha256_digest> parse_public_key_pin(std::string_view text)
{
    constexpr std::string_view prefix = "sha256//";
    constexpr std::size_t encoded = 44;
    if (text.starts_with(prefix))
        text.remove_prefix(prefix.size());
    if (text.size() != encoded)
        return std::nullopt;
    std::array<unsigned char, encoded> octets;
    std::copy(text.begin(), text.end(), octets.begin());
    std::array<unsigned char, 33> decoded; // 32 octets and what the padding decodes to
    if (EVP_DecodeBlock(decoded.data(), octets.data(), static_cast<int>(octets.size())) != 33)
        return std::nullopt;
    sha256_digest digest;
    std::copy_n(decoded.begin(), digest.size(), digest.begin());
    // EVP_DecodeBlock overlooks white space and bad padding.
    std::array<unsigned char, encoded + 1> again;
    EVP_EncodeBlock(again.data(), digest.data(), static_cast<int>(digest.size()));
    if (!std::equal(octets.begin(), octets.end(), again.begin()))
        return std::nullopt;
    return digest;
}

/// Reads a hexadecimal digest, with colons between the octets or without.
inline std::optional<sha256_digest> parse_certificate_pin(std::string_view text)
{
    sha256_digest digest;
    for (auto& octet : digest) {
        if (&octet != digest.data() && text.starts_with(':'))
            text.remove_prefix(1);
        if (text.size() < 2)
            return std::nullopt;
        const int high = OPENSSL_hexchar2int(static_cast<unsigned char>(text[0]));
        const int low = OPENSSL_hexchar2int(static_cast<unsigned char>(text[1]));
        if (high < 0 || low < 0)
            return std::nullopt;
        octet = static_cast<unsigned char>(high * 16 + low);
        text.remove_prefix(2);
    }
    return text.empty() ? std::optional(digest) : std::nullopt;
}

/// Which certificates a server may have, if not any that is trusted.
struct tls_pins {
    std::vector<sha256_digest> public_keys;
    std::vector<sha256_digest> certificates;

    bool allow(const X509* leaf) const
    {
        if (public_keys.empty() && certificates.empty())
            return true;
        if (leaf == nullptr)
            return false;
        const auto among = [](const std::vector<sha256_digest>& pinned,
                              const std::optional<sha256_digest>& digest) {
            for (const auto& pin : pinned)
                if (digest && pin == *digest)
                    return true;
            return false;
        };
        return among(public_keys, public_key_sha256(leaf)) || among(certificates, certificate_sha256(leaf));
    }
};

} // namespace pop3::detail
