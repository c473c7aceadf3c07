// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)
#pragma once

#include <pop3/tls/fingerprint.hpp>

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/x509.h>

#include <cstddef>
#include <cstring>
#include <string>
#include <string_view>

namespace pop3::detail {

/// Reads a base64 digest, also with the prefix that curl gives it. False if it is not exactly that.
inline bool parse_public_key_pin(std::string_view text, sha256_digest& digest)
{
    constexpr std::string_view prefix = "sha256//";
    constexpr std::size_t encoded = 44;
    if (text.starts_with(prefix))
        text.remove_prefix(prefix.size());
    if (text.size() != encoded)
        return false;
    const auto* const base64 = reinterpret_cast<const unsigned char*>(text.data());
    unsigned char decoded[33]; // 32 octets and what the padding decodes to
    if (EVP_DecodeBlock(decoded, base64, encoded) != 33)
        return false;
    std::memcpy(digest.octets, decoded, sizeof digest.octets);
    // EVP_DecodeBlock overlooks white space and bad padding.
    unsigned char again[encoded + 1];
    EVP_EncodeBlock(again, digest.octets, sizeof digest.octets);
    return std::memcmp(again, base64, encoded) == 0;
}

/// Reads a hexadecimal digest, with colons between the octets or without. False if it is not exactly that.
inline bool parse_certificate_pin(std::string_view text, sha256_digest& digest)
{
    for (auto& octet : digest.octets) {
        if (&octet != digest.octets && text.starts_with(':'))
            text.remove_prefix(1);
        if (text.size() < 2)
            return false;
        const int high = OPENSSL_hexchar2int(static_cast<unsigned char>(text[0]));
        const int low = OPENSSL_hexchar2int(static_cast<unsigned char>(text[1]));
        if (high < 0 || low < 0)
            return false;
        octet = static_cast<unsigned char>(high * 16 + low);
        text.remove_prefix(2);
    }
    return text.empty();
}

/// Which certificates a server may have, if not any that is trusted.
class tls_pins {
public:
    void add_public_key(const sha256_digest& pin)
    {
        add(public_keys_, pin);
    }

    void add_certificate(const sha256_digest& pin)
    {
        add(certificates_, pin);
    }

    bool allow(const X509* leaf) const noexcept
    {
        if (public_keys_.empty() && certificates_.empty())
            return true;
        sha256_digest digest;
        return leaf != nullptr && ((public_key_sha256(leaf, digest) && has(public_keys_, digest)) ||
                                   (certificate_sha256(leaf, digest) && has(certificates_, digest)));
    }

private:
    static void add(std::string& pins, const sha256_digest& pin)
    {
        pins.append(reinterpret_cast<const char*>(pin.octets), sizeof pin.octets);
    }

    static bool has(const std::string& pins, const sha256_digest& digest) noexcept
    {
        for (std::size_t at = 0; at != pins.size(); at += sizeof digest.octets)
            if (std::memcmp(pins.data() + at, digest.octets, sizeof digest.octets) == 0)
                return true;
        return false;
    }

    // Digests, one behind the other.
    std::string public_keys_;
    std::string certificates_;
};

} // namespace pop3::detail
