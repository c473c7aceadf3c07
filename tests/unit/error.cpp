// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)

#include <pop3/error.hpp>

#include <doctest/doctest.h>

#include <ostream>
#include <set>
#include <string>
#include <string_view>
#include <system_error>

namespace {

using pop3::errc;

struct row {
    errc value;
    bool fatal;
    std::string_view names; ///< the field of `limits` that the message must name
};

constexpr row rows[] = {
    {errc::no_session, false, ""},
    {errc::operation_in_progress, false, ""},
    {errc::invalid_argument, false, ""},
    {errc::command_too_long, false, ""},
    {errc::authentication_cancelled, false, ""},
    {errc::malformed_challenge, false, ""},
    {errc::challenges_limit, false, "limits::challenges"},
    {errc::scram_min_iterations_limit, false, "limits::scram_min_iterations"},
    {errc::scram_max_iterations_limit, false, "limits::scram_max_iterations"},
    {errc::no_shared_mechanism, false, ""},
    {errc::no_timestamp, false, ""},
    {errc::no_channel_binding, false, ""},
    {errc::stls_not_offered, false, ""},
    {errc::malformed_value, false, ""},
    {errc::capabilities_limit, false, "limits::capabilities"},
    {errc::listing_entries_limit, false, "limits::listing_entries"},
    {errc::streamed_entries_limit, false, "limits::streamed_entries"},
    {errc::languages_limit, false, "limits::languages"},
    {errc::unique_id_limit, false, "limits::unique_id"},
    {errc::message_octets_limit, false, "limits::message_octets"},
    {errc::no_reply, false, ""},
    {errc::not_begun, false, ""},
    {errc::unsupported_scheme, false, "tls_context"},
    {errc::invalid_url, false, ""},
    {errc::cleartext_not_allowed, false, ""},
    {errc::blocking_in_handler, false, ""},
    {errc::session_closed, true, ""},
    {errc::timed_out, true, "limits::operation_time"},
    {errc::connection_closed, true, ""},
    {errc::connection_truncated, true, ""},
    {errc::malformed_reply, true, ""},
    {errc::too_slow, true, "limits::"},
    {errc::function_threw, true, ""},
    {errc::unexpected_data, true, ""},
    {errc::response_line_limit, true, "limits::response_line"},
    {errc::streamed_octets_limit, true, "limits::streamed_octets"},
    {errc::drained_octets_limit, true, "limits::drained_octets"},
    {errc::server_not_authenticated, true, ""},
    {errc::tls_not_spoken, true, "pop3::stls"},
    {errc::tls_expected, true, "tls_context"},
    {errc::no_greeting, true, "limits::connect_time"},
    {errc::pipeline_out_of_step, true, "connect_options::pipelining"},
    {errc::pipeline_timed_out, true, "connect_options::pipelining"},
    {errc::proxy_refused, true, ""},
    {errc::proxy_authentication, true, "connect_options::proxy"},
    {errc::proxy_malformed, true, "connect_options::proxy"},
};

} // namespace

TEST_CASE("errc: a category of its own")
{
    CHECK(std::string_view(pop3::category().name()) == "pop3");
    CHECK(&pop3::category() == &pop3::category());

    const std::error_code ec = errc::malformed_reply;
    CHECK(ec);
    CHECK(ec.category() == pop3::category());
    CHECK(ec == errc::malformed_reply);
    CHECK(ec != errc::timed_out);
    CHECK(ec != std::error_code(ec.value(), std::generic_category()));
    CHECK(ec != std::error_code(ec.value(), std::system_category()));
    static_assert(std::is_error_code_enum_v<errc>);
    static_assert(!std::is_error_condition_enum_v<errc>);

    // No value is 0, which would be no error.
    for (const auto& [value, fatal, names] : rows)
        CHECK(std::error_code(value));
}

TEST_CASE("errc: each message says what it is, and a limit's names the limit")
{
    std::set<std::string> messages;
    const auto unknown = std::error_code(9999, pop3::category()).message();
    for (const auto& [value, fatal, names] : rows) {
        const auto message = make_error_code(value).message();
        CAPTURE(message);
        CHECK(message != unknown);
        CHECK(message.find(names) != std::string::npos);
        CHECK(messages.insert(message).second);
    }
    CHECK(make_error_code(errc::timed_out).message().find("limits::connect_time") != std::string::npos);
    CHECK(make_error_code(errc::command_too_long).message().find("255") != std::string::npos);

    // A limit that is added here must be added above.
    CHECK(std::error_code(static_cast<int>(std::size(rows)), pop3::category()).message() != unknown);
    CHECK(std::error_code(static_cast<int>(std::size(rows)) + 1, pop3::category()).message() == unknown);
    CHECK(std::error_code(0, pop3::category()).message() == unknown);
    CHECK(std::error_code(-1, pop3::category()).message() == unknown);
}

TEST_CASE("is_fatal: all errors but those after which the session is as it was")
{
    CHECK(!pop3::is_fatal({}));
    CHECK(!pop3::is_fatal(std::error_code(0, pop3::category())));
    for (const auto& r : rows) {
        CAPTURE(make_error_code(r.value).message());
        const auto& [value, fatal, names] = r;
        CHECK(pop3::is_fatal(value) == fatal);
    }
    // The same numbers in other categories are other errors.
    for (int value = 1; value != 60; ++value) {
        CHECK(pop3::is_fatal(std::error_code(value, std::generic_category())));
        CHECK(pop3::is_fatal(std::error_code(value, std::system_category())));
    }
    CHECK(pop3::is_fatal(std::make_error_code(std::errc::operation_canceled)));
    CHECK(pop3::is_fatal(std::make_error_code(std::errc::invalid_argument)));
}

TEST_CASE("errc: thrown and caught")
{
    try {
        throw std::system_error(errc::unexpected_data);
    } catch (const std::system_error& e) {
        CHECK(e.code() == errc::unexpected_data);
        CHECK(std::string_view(e.what()).find("not asked for") != std::string_view::npos);
    }
}
