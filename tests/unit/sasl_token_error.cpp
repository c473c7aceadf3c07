// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)

#include <pop3/sasl/token_error.hpp>

#include <doctest/doctest.h>

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

using namespace std::string_view_literals;
using pop3::sasl::says_token_expired;

namespace {

/// In memory as large as the text: AddressSanitizer sees who reads past it.
bool expired(std::string_view json)
{
    const std::vector<char> octets(json.begin(), json.end());
    return says_token_expired({octets.data(), octets.size()});
}

} // namespace

TEST_CASE("says_token_expired: what servers send")
{
    // RFC 7628, section 4; Gmail; Dovecot.
    CHECK(expired(R"({"status":"invalid_token","scope":"example_scope"})"));
    CHECK(expired(R"({"status":"400","schemes":"Bearer","scope":"https://mail.google.com/"})"));
    CHECK(expired(R"({"status":"401","schemes":"bearer","scope":"mail"})"));
    CHECK(expired(R"({"schemes":"bearer","status":"401"})"));
    CHECK(expired("\r\n{ \"scope\" : \"x\" ,\t\"status\" :\n\"invalid_token\"\r\n}\r\n"));
    CHECK(expired(R"({"a":{"b":[1,{"c":"}"}]},"d":-1.5e3,"e":true,"f":null,"g":[],"status":"401"})"));

    CHECK_FALSE(expired(R"({"status":"insufficient_scope"})"));
    CHECK_FALSE(expired(R"({"status":"invalid_request"})"));
    CHECK_FALSE(expired(R"({"status":"403"})"));
    CHECK_FALSE(expired(R"({"status":"invalid_token "})"));
    CHECK_FALSE(expired(R"({"status":""})"));
    CHECK_FALSE(expired(R"({"status":401})"));
    CHECK_FALSE(expired(R"({"Status":"401"})"));
    CHECK_FALSE(expired(R"({"error":"invalid_token"})"));
}

TEST_CASE("says_token_expired: \"status\" elsewhere is another one")
{
    CHECK_FALSE(expired(R"({"error":{"status":"401"}})"));
    CHECK_FALSE(expired(R"({"error":[{"status":"401"}]})"));
    CHECK_FALSE(expired(R"({"error":{"code":"x","status":"401"}})"));
    CHECK_FALSE(expired(R"({"error":["x","status":"401"]})"));
    CHECK_FALSE(expired(R"({"error":["status","401"]})"));
    CHECK_FALSE(expired(R"([{"status":"401"}])"));
    CHECK_FALSE(expired(R"(["status","401"])"));
    CHECK_FALSE(expired(R"({"a":"\"status\":\"401\""})"));
    CHECK_FALSE(expired(R"({"a":"{\"status\":\"401\"}"})"));
    CHECK_FALSE(expired(R"({"a":"\\","b":"\",\"status\":\"401"})"));
    CHECK_FALSE(expired(R"({"a":"status","b":"401"})"));
    CHECK_FALSE(expired(R"({"a":"status":"401"})"));
    CHECK_FALSE(expired(R"({"a" "status":"401"})"));
    CHECK_FALSE(expired(R"({"a":{}"status":"401"})"));
    CHECK_FALSE(expired(R"({"status":{"status":"401"}})"));
    CHECK_FALSE(expired(R"({"status":["401"]})"));
    CHECK_FALSE(expired(R"({"status":{"x":1},"y":"401"})"));
    CHECK_FALSE(expired(R"({"status":null,"401":"401"})"));
    CHECK_FALSE(expired(R"({"a":"b"},"status":"401")"));
    CHECK_FALSE(expired(R"({}{"status":"401"})"));
    CHECK_FALSE(expired(R"("status":"401")"));
    CHECK_FALSE(expired(R"(x{"status":"401"})"));
    // After these it is one again.
    CHECK(expired(R"({"a":"\\","status":"401"})"));
    CHECK(expired(R"({"error":{"status":"200"},"status":"401"})"));
    CHECK(expired(R"({"a":["{","["],"status":"401"})"));
}

TEST_CASE("says_token_expired: garbage, and text that ends early")
{
    for (const auto text : {""sv,
                            " "sv,
                            "{"sv,
                            "}"sv,
                            "]"sv,
                            "{}"sv,
                            "{]"sv,
                            "\""sv,
                            "{\""sv,
                            "{\"\\"sv,
                            "{\"\\\""sv,
                            "\0"sv,
                            "{\0}"sv,
                            "not json"sv,
                            "{\"status\""sv,
                            "{\"status\":"sv,
                            "{\"status\",\"401\"}"sv,
                            "{\"status\" \"401\"}"sv,
                            "{:\"status\":\"401\"}"sv,
                            "{\"status\"::\"401\"}"sv,
                            ",,,"sv,
                            "\xff\xfe"sv})
        CHECK_FALSE(expired(text));
    const std::string whole = R"({"a":[1,"\"x"],"status":"401")";
    for (std::size_t n = 0; n != whole.size(); ++n)
        CHECK_FALSE(expired(std::string_view(whole).substr(0, n)));
    CHECK(expired(whole));
    CHECK_FALSE(expired(std::string(1'000'000, '{')));
    CHECK_FALSE(expired(std::string(1'000'000, '[')));
    CHECK_FALSE(expired("{" + std::string(1'000'000, ']')));
}
