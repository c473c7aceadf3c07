// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)

#include <pop3/command/apop.hpp>
#include <pop3/command/command_line.hpp>
#include <pop3/command/concept.hpp>
#include <pop3/error.hpp>
#include <pop3/secret.hpp>
#include <pop3/state.hpp>

#include "feed.hpp"

#include <doctest/doctest.h>

#include <openssl/evp.h>

#include <concepts>
#include <ostream>
#include <string>
#include <string_view>
#include <type_traits>

namespace {

using namespace std::string_view_literals;
using pop3::errc;
using pop3::secret;
using pop3::command::apop;

static_assert(pop3::command_for<apop, pop3::authorization>);
static_assert(!pop3::command_for<apop, pop3::awaiting_password>);
static_assert(!pop3::command_for<apop, pop3::transaction>);
static_assert(std::same_as<apop::on_ok, pop3::transaction>);
static_assert(std::same_as<apop::on_refusal, pop3::authorization>);
// Nobody can log in with a digest a second time.
static_assert(!pop3::reveals_secret<apop>);
static_assert(!std::is_aggregate_v<apop>);

constexpr auto stamp = "<1896.697170952@dbc.mtview.ca.us>"sv;

std::string digest(std::string_view text, std::string_view timestamp)
{
    const auto line = test::written(apop("x", secret(text), timestamp));
    REQUIRE(line.starts_with("APOP x "));
    REQUIRE(line.ends_with("\r\n"));
    return line.substr(7, line.size() - 9);
}

/// Both what check() says and what sending it would say.
bool fails(const apop& command, errc check)
{
    return command.check() == check && test::write_error(command);
}

} // namespace

TEST_CASE("APOP: the example of RFC 1939, section 7")
{
    const apop command("mrose", secret("tanstaaf"), stamp);
    CHECK(!command.check());
    CHECK(test::written(command) == "APOP mrose c4c9334bac560ecc979e58001b3e22fb\r\n");

    const auto got = test::feed_every_way(command, "+OK maildrop has 1 message (369 octets)\r\n");
    CHECK(got.ok());
    CHECK(got.rest.empty());
    const auto refused = test::feed_every_way(command, "-ERR [AUTH] no\r\n");
    REQUIRE(refused.refused());
    CHECK(refused.reply.error() == pop3::refusal("APOP", pop3::response_code::auth, "AUTH", "no"));
}

TEST_CASE("APOP: other digests, as md5sum computes them")
{
    CHECK(digest("tanstaaf", "<a@b>") == "c4ae31b23612b7d40c905290e65a774c");
    // Leading zeros are written, and octets are hashed as they are.
    CHECK(digest("p\xc3\xa4ss w\xc3\xb6rd", "<a@b>") == "e376a453da531cbdfa16fe0f3f270f21");
    CHECK(digest(std::string(1000, 'k'), "<a@b>") == "065c6251396f67a2b2bf392efbab1b6c");
    // It is the whole timestamp that counts, and the whole secret.
    CHECK(digest("tanstaaf", "<a@b>") != digest("tanstaaf", "<a@c>"));
    CHECK(digest("tanstaaf", "<a@b>") != digest("tanstaa", "<a@b>"));
    CHECK(digest(std::string_view("a\0b", 3), "<a@b>") != digest("a", "<a@b>"));
}

TEST_CASE("APOP: is not sent without a timestamp, or on one that is forged (CVE-2007-1558)")
{
    for (const auto bad :
         {""sv, "<>"sv, "<1896.697170952>"sv, "1896.697170952@dbc.mtview.ca.us"sv, "<a@b@c>"sv, "<a b@c>"sv,
          "<a\x80@b>"sv, "<a@b>\n"sv, "ready <a@b>"sv, "<a\0@b>"sv}) {
        CAPTURE(bad);
        CHECK(fails(apop("mrose", secret("tanstaaf"), bad), errc::no_timestamp));
    }
    // That is what the caller must hear of, whatever else is wrong.
    CHECK(fails(apop("", secret(""), ""), errc::no_timestamp));
}

TEST_CASE("APOP: arguments that cannot be sent")
{
    for (const auto bad : {""sv, "two words"sv, " x"sv, "x "sv, "a\rb"sv, "a\nb"sv, "a\0b"sv, "a\tb"sv,
                           "a\x7f"sv, "mrose\r\nDELE 1"sv}) {
        CAPTURE(bad);
        CHECK(fails(apop(bad, secret("tanstaaf"), stamp), errc::invalid_argument));
    }
    CHECK(fails(apop("mrose", secret(""), stamp), errc::invalid_argument));
    CHECK(fails(apop("mrose", secret(), stamp), errc::invalid_argument));

    // "APOP ", the name, a space, 32 digits, CRLF.
    const std::string most(255 - 5 - 1 - 32 - 2, 'x');
    const apop longest(most, secret("tanstaaf"), stamp);
    CHECK(!longest.check());
    CHECK(test::written(longest).size() == 255);
    CHECK(fails(apop(most + "x", secret("tanstaaf"), stamp), errc::command_too_long));

    // The secret is not sent: it may be long, and hold what it likes.
    CHECK(!apop("j\xc3\xbcrgen", secret(std::string(1000, '\n')), stamp).check());
}

TEST_CASE("APOP: neither secret nor digest is shown to an observer")
{
    pop3::command::command_line line;
    apop("mrose", secret("tanstaaf"), stamp).write(line);
    CHECK(!line.end());
    CHECK(line.shown() == "APOP mrose ****");
}

TEST_CASE("APOP: an OpenSSL without MD5, as in FIPS mode")
{
    struct fips_mode {
        fips_mode()
        {
            EVP_default_properties_enable_fips(nullptr, 1);
        }
        ~fips_mode()
        {
            EVP_default_properties_enable_fips(nullptr, 0);
        }
    };
    {
        const fips_mode guard;
        CHECK(fails(apop("mrose", secret("tanstaaf"), stamp), errc::no_shared_mechanism));
    }
    CHECK(!apop("mrose", secret("tanstaaf"), stamp).check());
}
