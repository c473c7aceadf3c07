// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)

#include <pop3/command/concept.hpp>
#include <pop3/command/lang.hpp>
#include <pop3/error.hpp>
#include <pop3/grammar/language.hpp>
#include <pop3/language.hpp>
#include <pop3/limits.hpp>
#include <pop3/state.hpp>

#include "feed.hpp"

#include <doctest/doctest.h>

#include <ostream>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

namespace {

using namespace std::string_view_literals;
using pop3::errc;
using pop3::language;
using pop3::command::lang;
using pop3::command::lang_list;

// RFC 6856, section 3.1: valid in AUTHORIZATION and TRANSACTION.
template <class Command>
constexpr bool in_both_states =
    pop3::command_for<Command, pop3::authorization> && pop3::command_for<Command, pop3::transaction> &&
    !pop3::command_for<Command, pop3::awaiting_password> && !pop3::detail::leaves_state<Command>;
static_assert(in_both_states<lang>);
static_assert(in_both_states<lang_list>);
static_assert(!std::is_aggregate_v<lang>);

/// What the server is understood to have chosen.
language chosen(std::string_view range, std::string_view reply)
{
    const auto got = test::feed_every_way(lang(range), std::string(reply) + "\r\n");
    REQUIRE(got.ok());
    return *got.reply;
}

} // namespace

TEST_CASE("LANG: the examples of RFC 6856, section 3.3")
{
    CHECK(test::written(lang("es")) == "LANG es\r\n");
    CHECK(chosen("es", "+OK es Idioma cambiado") == language{"es", "Idioma cambiado"});
    CHECK(chosen("sv", "+OK sv Kommandot \"LANG\" lyckades") ==
          language{"sv", "Kommandot \"LANG\" lyckades"});
    CHECK(test::written(lang("*")) == "LANG *\r\n");
    CHECK(chosen("*", "+OK es Idioma cambiado") == language{"es", "Idioma cambiado"});

    auto refused = test::feed_every_way(lang("MUL"), "-ERR invalid language MUL\r\n");
    REQUIRE(refused.refused());
    CHECK(refused.reply.error() ==
          pop3::refusal("LANG", pop3::response_code::none, "", "invalid language MUL"));
    refused = test::feed_every_way(lang("uga"), "-ERR es Idioma <<UGA>> no es conocido\r\n");
    REQUIRE(refused.refused());
    CHECK(refused.reply.error().text() == "es Idioma <<UGA>> no es conocido");

    CHECK(test::written(lang_list()) == "LANG\r\n");
    const auto listing = test::feed_every_way(lang_list(), "+OK Language listing follows:\r\n"
                                                           "en English\r\n"
                                                           "en-boont English Boontling dialect\r\n"
                                                           "de Deutsch\r\n"
                                                           "it Italiano\r\n"
                                                           "es Espanol\r\n"
                                                           "sv Svenska\r\n"
                                                           ".\r\n");
    REQUIRE(listing.ok());
    CHECK(*listing.reply == std::vector<language>{{"en", "English"},
                                                  {"en-boont", "English Boontling dialect"},
                                                  {"de", "Deutsch"},
                                                  {"it", "Italiano"},
                                                  {"es", "Espanol"},
                                                  {"sv", "Svenska"}});
    const auto none = test::feed_every_way(lang_list(), "-ERR Server is unable to list languages\r\n");
    REQUIRE(none.refused());
    CHECK(none.reply.error().verb() == "LANG");
}

TEST_CASE("LANG: the tag is the server's, when it gives one")
{
    // Narrower and wider than was asked for, in another case, without text.
    CHECK(chosen("en", "+OK en-boont Howdy") == language{"en-boont", "Howdy"});
    CHECK(chosen("en-GB", "+OK en Howdy") == language{"en", "Howdy"});
    CHECK(chosen("EN-gb", "+OK en-GB Howdy") == language{"en-GB", "Howdy"});
    CHECK(chosen("en", "+OK en") == language{"en", ""});
    CHECK(chosen("*", "+OK i-default Hello") == language{"i-default", "Hello"});
    CHECK(chosen("zh", "+OK zh \xe8\xaf\xad\xe8\xa8\x80") == language{"zh", "\xe8\xaf\xad\xe8\xa8\x80"});
    // As servers do that never read section 3.2.
    CHECK(chosen("en", "+OK Language changed to en") == language{"", "Language changed to en"});
    CHECK(chosen("*", "+OK Language changed to en") == language{"", "Language changed to en"});
    CHECK(chosen("de", "+OK ok now") == language{"", "ok now"});
    CHECK(chosen("en", "+OK english it is") == language{"", "english it is"});
    CHECK(chosen("*", "+OK changing language to 'en'.") == language{"", "changing language to 'en'."});
    CHECK(chosen("en", "+OK") == language{"", ""});
}

TEST_CASE("LANG: what is no single word is not sent")
{
    // Least of all "LANG" with nothing behind it, of which the reply has another shape.
    for (const auto bad : {""sv, " "sv, "en de"sv, " en"sv, "en "sv, "en\r\nDELE 1"sv, "e\0n"sv, "e\tn"sv,
                           "\x7f"sv, "fran\xc3\xa7"sv}) {
        CAPTURE(bad);
        CHECK(test::write_error(lang(bad)) == errc::invalid_argument);
    }
    CHECK(test::write_error(lang(std::string(255, 'x'))) == errc::command_too_long);
}

TEST_CASE("LANG: a listing as servers may write it")
{
    const auto got = test::feed_every_way(lang_list(), "+OK\r\n"
                                                       "en\r\n"
                                                       "de  Deutsch \r\n"
                                                       "fr Fran\xc3\xa7"
                                                       "ais\r\n"
                                                       ".\r\n"
                                                       "rest");
    REQUIRE(got.ok());
    CHECK(*got.reply == std::vector<language>{{"en", ""},
                                              {"de", "Deutsch "},
                                              {"fr", "Fran\xc3\xa7"
                                                     "ais"}});
    CHECK(got.rest == "rest");
    CHECK(test::feed_every_way(lang_list(), "+OK\r\n.\r\n").reply->empty());

    for (const auto bad : {""sv, " "sv, "\x80 x"sv, "e\0n x"sv, "e\tn"sv, "\x1b[2J x"sv}) {
        CAPTURE(bad);
        CHECK(test::feed_every_way(lang_list(), "+OK\r\nen\r\n" + std::string(bad) + "\r\n.\r\n").ec ==
              errc::malformed_value);
    }
    CHECK(test::feed_every_way(lang_list(), "+OK\r\nen\r\n-ERR failed\r\n").ec == errc::malformed_reply);
}

TEST_CASE("LANG: a listing is bounded")
{
    pop3::limits bounds;
    bounds.languages = 2;
    CHECK(test::feed_every_way(lang_list(), "+OK\r\nen\r\nde\r\n.\r\n", bounds).ok());
    CHECK(!test::feed_every_way(lang_list(), "+OK\r\nen\r\nde\r\nfr\r\n", bounds).done);
    CHECK(test::feed_every_way(lang_list(), "+OK\r\nen\r\nde\r\nfr\r\n.\r\n", bounds).ec ==
          errc::languages_limit);
    bounds.response_line = 10;
    CHECK(test::feed_every_way(lang_list(), "+OK\r\nen 4567890\r\n.\r\n", bounds).ok());
    CHECK(test::feed_every_way(lang_list(), "+OK\r\nen 45678901\r\n.\r\n", bounds).ec ==
          errc::response_line_limit);
}

TEST_CASE("language tags (RFC 5646)")
{
    using pop3::grammar::is_language_tag;
    for (const auto good :
         {"en"sv, "EN"sv, "uga"sv, "en-GB"sv, "zh-Hant-TW"sv, "de-1996"sv, "sl-rozaj-biske"sv, "i-default"sv,
          "x-whatever"sv, "en-a-bbb-x-a-ccc"sv, "es-419"sv, "en-12345678"sv}) {
        CAPTURE(good);
        CHECK(is_language_tag(good));
    }
    for (const auto bad : {""sv,     "e"sv,      "i"sv,
                           "x"sv,    "-"sv,      "-en"sv,
                           "en-"sv,  "en--GB"sv, "en-123456789"sv,
                           "e1"sv,   "419"sv,    "Language"sv,
                           "done"sv, "a-b"sv,    "en_GB"sv,
                           "en."sv,  "en\0"sv,   "e\xc3"sv,
                           "[en]"sv, "*"sv}) {
        CAPTURE(bad);
        CHECK_FALSE(is_language_tag(bad));
    }

    using pop3::grammar::answers_range;
    CHECK(answers_range("en", "en"));
    CHECK(answers_range("en", "EN-gb"));
    CHECK(answers_range("en-GB-oed", "en-gb"));
    CHECK(answers_range("anything", "*"));
    CHECK_FALSE(answers_range("en", "eng"));
    CHECK_FALSE(answers_range("eng", "en"));
    CHECK_FALSE(answers_range("en-US", "en-GB"));
    CHECK_FALSE(answers_range("de", "en"));
}
