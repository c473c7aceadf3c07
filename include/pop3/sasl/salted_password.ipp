// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)
#pragma once

#include <pop3/config.hpp>
#include <pop3/sasl/octets.hpp>
#include <pop3/sasl/salted_password.hpp>

#include <openssl/evp.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace pop3::sasl {

POP3_DECL void salted_password::start(const EVP_MD* digest, std::string_view salt, std::uint32_t iterations)
{
    if (digest == digest_ && salt == view(salt_) && iterations == iterations_)
        return;
    digest_ = digest;
    salt_.assign(salt.begin(), salt.end());
    iterations_ = left_ = iterations;
    last_.clear();
    sum_.clear();
}

POP3_DECL bool salted_password::ready() const noexcept
{
    return left_ == 0;
}

POP3_DECL bool salted_password::advance(std::string_view password, std::uint32_t iterations)
{
    keyed_digest hmac;
    if (!hmac.set_key(digest_, password))
        return false;
    for (const auto end = left_ - (std::min)(left_, iterations); left_ != end; --left_) {
        const bool first = last_.empty();
        if (!(first ? hmac.begin(view(salt_)) && hmac.add({"\0\0\0\1", 4}) : hmac.begin(view(last_))))
            return false;
        last_.resize(hmac.size());
        if (!hmac.end(last_))
            return false;
        if (first)
            sum_ = last_;
        else
            for (std::size_t i = 0; i != sum_.size(); ++i)
                sum_[i] = static_cast<char>(sum_[i] ^ last_[i]);
    }
    return true;
}

POP3_DECL std::string_view salted_password::get() const noexcept
{
    return view(sum_);
}

POP3_DECL salted_password::keyed_digest::keyed_digest()
    : inner_(EVP_MD_CTX_new()), outer_(EVP_MD_CTX_new()), work_(EVP_MD_CTX_new())
{
}

POP3_DECL bool salted_password::keyed_digest::set_key(const EVP_MD* digest, std::string_view key)
{
    size_ = static_cast<std::size_t>(EVP_MD_get_size(digest));
    octets block(static_cast<std::size_t>(EVP_MD_get_block_size(digest)));
    if (key.size() <= block.size())
        std::copy(key.begin(), key.end(), block.begin());
    else if (EVP_Digest(key.data(), key.size(), octets_of(block), nullptr, digest, nullptr) != 1)
        return false;
    return start(inner_, digest, block, 0x36) && start(outer_, digest, block, 0x36 ^ 0x5c);
}

POP3_DECL bool salted_password::keyed_digest::begin(std::string_view data)
{
    return EVP_MD_CTX_copy_ex(work_.get(), inner_.get()) == 1 && add(data);
}

POP3_DECL bool salted_password::keyed_digest::add(std::string_view data)
{
    return EVP_DigestUpdate(work_.get(), data.data(), data.size()) == 1;
}

POP3_DECL bool salted_password::keyed_digest::end(octets& into)
{
    return EVP_DigestFinal_ex(work_.get(), octets_of(into), nullptr) == 1 &&
           EVP_MD_CTX_copy_ex(work_.get(), outer_.get()) == 1 && add(view(into)) &&
           EVP_DigestFinal_ex(work_.get(), octets_of(into), nullptr) == 1;
}

POP3_DECL void salted_password::keyed_digest::free_context(EVP_MD_CTX* c) noexcept
{
    EVP_MD_CTX_free(c);
}

POP3_DECL unsigned char* salted_password::keyed_digest::octets_of(octets& o) noexcept
{
    return reinterpret_cast<unsigned char*>(o.data());
}

POP3_DECL bool salted_password::keyed_digest::start(const context& c, const EVP_MD* digest, octets& block,
                                                    char pad)
{
    for (char& octet : block)
        octet = static_cast<char>(octet ^ pad);
    return c && EVP_DigestInit_ex(c.get(), digest, nullptr) == 1 &&
           EVP_DigestUpdate(c.get(), block.data(), block.size()) == 1;
}

} // namespace pop3::sasl
