// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)

// What holds for all of them: whatever a server sends, in whatever order, ends in a value or in an error.

#include "sasl_steps.hpp"

#include <pop3/sasl/anonymous.hpp>
#include <pop3/sasl/cram_md5.hpp>
#include <pop3/sasl/external.hpp>
#include <pop3/sasl/login.hpp>
#include <pop3/sasl/oauthbearer.hpp>
#include <pop3/sasl/plain.hpp>
#include <pop3/sasl/scram.hpp>
#include <pop3/sasl/xoauth2.hpp>

#include <doctest/doctest.h>

#include <cstddef>
#include <random>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

using namespace std::string_view_literals;
using pop3::access_token;
using pop3::errc;
using pop3::password;
namespace sasl = pop3::sasl;

namespace {

const password credentials("user", "pencil");
const access_token token("user", "a-token");

template <class Mechanism>
Mechanism make()
{
    if constexpr (std::is_constructible_v<Mechanism, password>)
        return Mechanism(credentials);
    else if constexpr (std::is_constructible_v<Mechanism, access_token>)
        return Mechanism(token);
    else
        return Mechanism();
}

std::vector<std::string> garbage()
{
    std::vector<std::string> result{
        "",
        std::string(1, '\0'),
        ",",
        ",,,,",
        "=",
        "==",
        "r=",
        "r=,s=,i=",
        "v=",
        "e=",
        "v=AAAA",
        "e=x",
        "m=x",
        "\xff\xfe",
        "r=a,s=AAAA,i=4096",
        "{\"status\":\"401\"}",
        "Username:",
        "<1@x>",
        std::string(100'000, 'x'),
        std::string(100'000, ','),
        "r=" + std::string(8192, 'r'),
        "\x01\x01\x01",
        "*",
        "+OK",
        "-ERR\r\n",
    };
    std::mt19937 random(1);
    constexpr auto alphabet = "rsivemnp=,,==0149AZaz+/\0\x01\x80\xff{}\"\\:"sv;
    for (std::size_t n = 0; n != 200; ++n) {
        std::string text;
        for (auto left = random() % 40; left != 0; --left)
            text.push_back(alphabet[random() % alphabet.size()]);
        result.push_back(std::move(text));
    }
    return result;
}

} // namespace

TEST_CASE_TEMPLATE("a mechanism ends, whatever it is sent", Mechanism, sasl::plain, sasl::login,
                   sasl::cram_md5, sasl::xoauth2, sasl::oauthbearer, sasl::external, sasl::anonymous,
                   sasl::scram_sha_1, sasl::scram_sha_256, sasl::scram_sha_512, sasl::scram_sha_1_plus,
                   sasl::scram_sha_256_plus, sasl::scram_sha_512_plus)
{
    static_assert(sasl::mechanism<Mechanism>);
    // g++ 12 miscompiles temporaries of aggregates in a co_await expression.
    static_assert(!std::is_aggregate_v<Mechanism>);
    static_assert(std::is_move_constructible_v<Mechanism> && std::is_move_assignable_v<Mechanism>);
    static_assert(!std::is_convertible_v<password, Mechanism> &&
                  !std::is_convertible_v<access_token, Mechanism>);
    constexpr bool scram = sasl::finishes<Mechanism>;

    const auto challenges = garbage();
    for (std::size_t i = 0; i != challenges.size(); ++i) {
        auto m = make<Mechanism>();
        if constexpr (sasl::binds<Mechanism>)
            m.bind({"tls-exporter", "data"}, true);
        // Before it has begun as well.
        if constexpr (sasl::begins<Mechanism>)
            if (i % 5 != 0)
                REQUIRE_FALSE(test::begin(m).error);
        std::error_code error;
        std::size_t answers = 0;
        // By itself, without the limit on challenges.
        for (; answers != 4 && !error; ++answers)
            error = test::respond(m, challenges[(i + answers) % challenges.size()]).error;
        CHECK((error == errc::malformed_challenge || error == errc::server_not_authenticated));
        if constexpr (scram) {
            CHECK(m.finish("") == errc::server_not_authenticated);
            CHECK(m.finish("v=AAAA") == errc::server_not_authenticated);
        }
        if constexpr (sasl::explains<Mechanism>)
            CHECK(std::string(m.details()).find("a-token") == std::string::npos);
    }
}

TEST_CASE_TEMPLATE("a mechanism that begins works after it was moved", Mechanism, sasl::plain, sasl::xoauth2,
                   sasl::oauthbearer, sasl::scram_sha_256)
{
    auto a = make<Mechanism>();
    auto b = std::move(a);
    CHECK_FALSE(test::begin(b).error);
    auto c = make<Mechanism>();
    c = std::move(b);
    CHECK(test::respond(c, "\0"sv).error ==
          (std::is_same_v<Mechanism, sasl::xoauth2> || std::is_same_v<Mechanism, sasl::oauthbearer>
               ? std::error_code()
               : pop3::make_error_code(errc::malformed_challenge)));
}
