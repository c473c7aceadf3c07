// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)
#pragma once

#include <pop3/sasl/octets.hpp>

#include <openssl/evp.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>

namespace pop3::sasl {

/// SCRAM's SaltedPassword (RFC 5802, section 2.2): PBKDF2 (RFC 8018) with one block, which OpenSSL computes in one go
/// only. This one can stop at any iteration, and go on later. Between two pieces it holds nothing of OpenSSL's, so that it
/// can be copied and moved. What it holds is wiped.
class salted_password {
public:
    /// What is to be computed. If that is what was computed before, nothing is left to do.
    void start(const EVP_MD* digest, std::string_view salt, std::uint32_t iterations)
    {
        if (digest == digest_ && salt == view(salt_) && iterations == iterations_)
            return;
        digest_ = digest;
        salt_.assign(salt.begin(), salt.end());
        iterations_ = left_ = iterations;
        last_.clear();
        sum_.clear();
    }

    /// All is computed.
    bool ready() const noexcept
    {
        return left_ == 0;
    }

    /// Computes at most so many iterations. `password` must be the same each time. False if OpenSSL cannot.
    bool advance(std::string_view password, std::uint32_t iterations)
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

    /// The result, once it is `ready`.
    std::string_view get() const noexcept
    {
        return view(sum_);
    }

private:
    /// HMAC (RFC 2104) with a key that stays the same. Of OpenSSL's own ways this is the fastest: its HMAC copies four
    /// contexts each time, this two.
    class keyed_digest {
    public:
        bool set_key(const EVP_MD* digest, std::string_view key)
        {
            size_ = static_cast<std::size_t>(EVP_MD_get_size(digest));
            octets block(static_cast<std::size_t>(EVP_MD_get_block_size(digest)));
            if (key.size() <= block.size())
                std::copy(key.begin(), key.end(), block.begin());
            else if (EVP_Digest(key.data(), key.size(), octets_of(block), nullptr, digest, nullptr) != 1)
                return false;
            return start(inner_, digest, block, 0x36) && start(outer_, digest, block, 0x36 ^ 0x5c);
        }

        std::size_t size() const noexcept
        {
            return size_;
        }

        bool begin(std::string_view data)
        {
            return EVP_MD_CTX_copy_ex(work_.get(), inner_.get()) == 1 && add(data);
        }

        bool add(std::string_view data)
        {
            return EVP_DigestUpdate(work_.get(), data.data(), data.size()) == 1;
        }

        /// `into` has room for `size()` octets.
        bool end(octets& into)
        {
            return EVP_DigestFinal_ex(work_.get(), octets_of(into), nullptr) == 1 &&
                   EVP_MD_CTX_copy_ex(work_.get(), outer_.get()) == 1 && add(view(into)) &&
                   EVP_DigestFinal_ex(work_.get(), octets_of(into), nullptr) == 1;
        }

    private:
        struct free_context {
            void operator()(EVP_MD_CTX* c) const noexcept
            {
                EVP_MD_CTX_free(c);
            }
        };
        using context = std::unique_ptr<EVP_MD_CTX, free_context>;

        static unsigned char* octets_of(octets& o) noexcept
        {
            return reinterpret_cast<unsigned char*>(o.data());
        }

        static bool start(const context& c, const EVP_MD* digest, octets& block, char pad)
        {
            for (char& octet : block)
                octet = static_cast<char>(octet ^ pad);
            return c && EVP_DigestInit_ex(c.get(), digest, nullptr) == 1 &&
                   EVP_DigestUpdate(c.get(), block.data(), block.size()) == 1;
        }

        context inner_{EVP_MD_CTX_new()};
        context outer_{EVP_MD_CTX_new()};
        context work_{EVP_MD_CTX_new()};
        std::size_t size_ = 0;
    };

    const EVP_MD* digest_ = nullptr;
    octets salt_;
    octets last_;
    octets sum_;
    std::uint32_t iterations_ = 0;
    std::uint32_t left_ = 0;
};

} // namespace pop3::sasl
