// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)
#pragma once

#include <pop3/config.hpp>
#include <pop3/detail/owned.hpp>
#include <pop3/sasl/octets.hpp>

#include <openssl/types.h>

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace pop3::sasl {

/// SCRAM's SaltedPassword (RFC 5802, section 2.2): PBKDF2 (RFC 8018) with one block, which OpenSSL computes in one go
/// only. This one can stop at any iteration, and go on later. Between two pieces it holds nothing of OpenSSL's, so that it
/// can be copied and moved. What it holds is wiped.
class salted_password {
public:
    /// What is to be computed. If that is what was computed before, nothing is left to do.
    void start(const EVP_MD* digest, std::string_view salt, std::uint32_t iterations);

    /// All is computed.
    bool ready() const noexcept;

    /// Computes at most so many iterations. `password` must be the same each time. False if OpenSSL cannot.
    bool advance(std::string_view password, std::uint32_t iterations);

    /// The result, once it is `ready`.
    std::string_view get() const noexcept;

private:
    /// HMAC (RFC 2104) with a key that stays the same. Of OpenSSL's own ways this is the fastest: its HMAC copies four
    /// contexts each time, this two.
    class keyed_digest {
    public:
        keyed_digest();

        bool set_key(const EVP_MD* digest, std::string_view key);

        std::size_t size() const noexcept
        {
            return size_;
        }

        bool begin(std::string_view data);

        bool add(std::string_view data);

        /// `into` has room for `size()` octets.
        bool end(octets& into);

    private:
        static void free_context(EVP_MD_CTX* c) noexcept;

        using context = pop3::detail::owned<EVP_MD_CTX, &keyed_digest::free_context>;

        static unsigned char* octets_of(octets& o) noexcept;

        static bool start(const context& c, const EVP_MD* digest, octets& block, char pad);

        context inner_;
        context outer_;
        context work_;
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

#if !defined(POP3_SEPARATE_COMPILATION)
#include <pop3/sasl/salted_password.ipp>
#endif
