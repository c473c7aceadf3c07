// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)

#include <pop3/sasl/salted_password.hpp>

#include <doctest/doctest.h>

#include <openssl/evp.h>

#include <cstddef>
#include <cstdint>
#include <limits>
#include <string>
#include <utility>

using pop3::sasl::salted_password;

namespace {

std::string by_openssl(const EVP_MD* digest, const std::string& password, const std::string& salt,
                       std::uint32_t iterations)
{
    std::string made(static_cast<std::size_t>(EVP_MD_get_size(digest)), '\0');
    REQUIRE(PKCS5_PBKDF2_HMAC(password.data(), static_cast<int>(password.size()),
                              reinterpret_cast<const unsigned char*>(salt.data()),
                              static_cast<int>(salt.size()), static_cast<int>(iterations), digest,
                              static_cast<int>(made.size()),
                              reinterpret_cast<unsigned char*>(made.data())) == 1);
    return made;
}

/// In pieces of so many iterations.
std::string in_pieces(const EVP_MD* digest, const std::string& password, const std::string& salt,
                      std::uint32_t iterations, std::uint32_t piece)
{
    salted_password salted;
    salted.start(digest, salt, iterations);
    std::uint32_t pieces = 0;
    for (; !salted.ready(); ++pieces)
        REQUIRE(salted.advance(password, piece));
    CHECK(pieces == (iterations - 1) / piece + 1);
    return std::string(salted.get());
}

} // namespace

TEST_CASE("salted password: the same as OpenSSL's PBKDF2, however it is cut")
{
    // Around the sizes of the digests and of their blocks, and with octets of every value.
    for (const auto* digest : {EVP_sha1(), EVP_sha256(), EVP_sha512()})
        for (const std::size_t length :
             {0u, 1u, 6u, 20u, 32u, 63u, 64u, 65u, 127u, 128u, 129u, 200u, 1000u}) {
            CAPTURE(length);
            std::string password;
            for (std::size_t i = 0; i != length; ++i)
                password.push_back(static_cast<char>(i * 7 + length));
            for (const std::size_t salt_length : {1u, 16u, 64u, 129u}) {
                const std::string salt(salt_length, '\xa5');
                for (const std::uint32_t iterations : {1u, 2u, 7u, 100u}) {
                    const auto right = by_openssl(digest, password, salt, iterations);
                    for (const std::uint32_t piece : {1u, 3u, 7u, 1000u})
                        CHECK(in_pieces(digest, password, salt, iterations, piece) == right);
                }
            }
        }
    CHECK(in_pieces(EVP_sha256(), "pencil", "salt", 12345, std::numeric_limits<std::uint32_t>::max()) ==
          by_openssl(EVP_sha256(), "pencil", "salt", 12345));
}

TEST_CASE("salted password: can be copied and moved between two pieces")
{
    const auto right = by_openssl(EVP_sha512(), "pencil", "salt", 20);
    salted_password salted;
    salted.start(EVP_sha512(), "salt", 20);
    REQUIRE(salted.advance("pencil", 5));
    auto copy = salted;
    auto moved = std::move(salted);
    REQUIRE(copy.advance("pencil", 15));
    CHECK(copy.get() == right);
    REQUIRE(moved.advance("pencil", 14));
    CHECK_FALSE(moved.ready());
    REQUIRE(moved.advance("pencil", 14));
    CHECK(moved.get() == right);
}

TEST_CASE("salted password: what was computed is not computed again, what is another is")
{
    salted_password salted;
    salted.start(EVP_sha256(), "salt", 20);
    REQUIRE(salted.advance("pencil", 20));
    const std::string made(salted.get());
    salted.start(EVP_sha256(), "salt", 20);
    CHECK(salted.ready());
    CHECK(salted.get() == made);

    const auto other = [&](const EVP_MD* digest, const std::string& salt, std::uint32_t iterations) {
        auto s = salted;
        s.start(digest, salt, iterations);
        CHECK_FALSE(s.ready());
        REQUIRE(s.advance("pencil", 1000));
        CHECK(s.get() == by_openssl(digest, "pencil", salt, iterations));
    };
    other(EVP_sha1(), "salt", 20);
    other(EVP_sha512(), "salt", 20);
    other(EVP_sha256(), "salu", 20);
    other(EVP_sha256(), "sal", 20);
    other(EVP_sha256(), "salt", 19);
    other(EVP_sha256(), "salt", 21);

    // Half of it is not lost either.
    salted_password half;
    half.start(EVP_sha256(), "salt", 20);
    REQUIRE(half.advance("pencil", 10));
    half.start(EVP_sha256(), "salt", 20);
    REQUIRE(half.advance("pencil", 10));
    CHECK(half.ready());
    CHECK(half.get() == made);
}
