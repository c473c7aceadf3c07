// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)
#pragma once

#include <openssl/asn1.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include <cstddef>
#include <limits>
#include <string>
#include <string_view>

namespace pop3::detail {

/// One object in a PEM file.
struct pem_block {
    std::string_view label;
    std::string_view base64;
    std::string_view whole; ///< with its first line and its last
};

/// Finds the next object in `text` at or behind `at`, which is moved behind it. False if there is none.
inline bool next_pem_block(std::string_view text, std::size_t& at, pem_block& block)
{
    constexpr std::string_view begin = "-----BEGIN ";
    constexpr std::string_view dashes = "-----";
    constexpr std::string_view end = "\n-----END ";
    for (;;) {
        const auto first = text.find(begin, at);
        if (first == text.npos)
            return false;
        at = first + begin.size();
        const auto label_end = text.find_first_of("-\n", at);
        // To OpenSSL a line that begins with something else is a comment.
        if ((first != 0 && text[first - 1] != '\n') || label_end == text.npos ||
            !text.substr(label_end).starts_with(dashes))
            continue;
        const auto body = label_end + dashes.size();
        const auto last = text.find(end, body);
        if (last == text.npos)
            return false;
        auto line_end = text.find('\n', last + 1);
        if (line_end == text.npos)
            line_end = text.size();
        block.label = text.substr(at, label_end - at);
        block.base64 = text.substr(body, last - body);
        block.whole = text.substr(first, line_end - first);
        at = line_end;
        return true;
    }
}

/// Whether that is a certificate, by any of the names that OpenSSL knows for one.
inline bool is_certificate(const pem_block& block)
{
    return block.label == PEM_STRING_X509 || block.label == PEM_STRING_X509_TRUSTED ||
           block.label == PEM_STRING_X509_OLD;
}

/// Of a name as OpenSSL compares names: not by the octets.
inline unsigned long hash_of(const X509_NAME* name)
{
    int done = 0;
    const auto hash = X509_NAME_hash_ex(name, nullptr, nullptr, &done);
    return done == 1 ? hash : 0; // then it is that of all names
}

/// Finds the hash of the subject of a certificate in DER: the sixth thing in it, if it has a version. False if it is not as it
/// should be.
inline bool subject_hash_of_der(std::string_view der, unsigned long& hash)
{
    const auto* at = reinterpret_cast<const unsigned char*>(der.data());
    const unsigned char* const end = at + der.size();
    // Steps into the next element, or over it.
    const auto step = [&](int wanted_tag, int wanted_class, bool over) {
        const unsigned char* inside = at;
        long length = 0;
        int tag = 0;
        int of_class = 0;
        const int form = ASN1_get_object(&inside, &length, &tag, &of_class, end - at);
        if ((form & 0x81) != 0 || tag != wanted_tag || of_class != wanted_class) // an error, or no length
            return false;
        at = over ? inside + length : inside;
        return true;
    };
    if (!step(V_ASN1_SEQUENCE, V_ASN1_UNIVERSAL, false) || !step(V_ASN1_SEQUENCE, V_ASN1_UNIVERSAL, false))
        return false;
    step(0, V_ASN1_CONTEXT_SPECIFIC, true);               // version
    if (!step(V_ASN1_INTEGER, V_ASN1_UNIVERSAL, true) ||  // serial number
        !step(V_ASN1_SEQUENCE, V_ASN1_UNIVERSAL, true) || // algorithm
        !step(V_ASN1_SEQUENCE, V_ASN1_UNIVERSAL, true) || // issuer
        !step(V_ASN1_SEQUENCE, V_ASN1_UNIVERSAL, true))   // validity
        return false;
    X509_NAME* const subject = d2i_X509_NAME(nullptr, &at, static_cast<long>(end - at));
    if (subject == nullptr)
        return false;
    hash = hash_of(subject);
    X509_NAME_free(subject);
    return true;
}

/// The same of a certificate in PEM, without reading the rest of it: that takes thirty times as long, most of it for the public
/// key. False if it cannot be read so.
inline bool subject_hash_of_pem(const pem_block& block, unsigned long& hash)
{
    if (block.base64.size() > static_cast<std::size_t>((std::numeric_limits<int>::max)()))
        return false;
    std::string der(block.base64.size() / 4 * 3 + 3, '\0');
    auto* const octets = reinterpret_cast<unsigned char*>(der.data());
    int size = 0;
    int rest = 0;
    EVP_ENCODE_CTX* const decoder = EVP_ENCODE_CTX_new();
    if (decoder == nullptr)
        return false;
    EVP_DecodeInit(decoder);
    const bool decoded =
        EVP_DecodeUpdate(decoder, octets, &size, reinterpret_cast<const unsigned char*>(block.base64.data()),
                         static_cast<int>(block.base64.size())) >= 0 &&
        EVP_DecodeFinal(decoder, octets + size, &rest) >= 0;
    EVP_ENCODE_CTX_free(decoder);
    if (!decoded)
        return false;
    return subject_hash_of_der(std::string_view(der).substr(0, static_cast<std::size_t>(size + rest)), hash);
}

} // namespace pop3::detail
