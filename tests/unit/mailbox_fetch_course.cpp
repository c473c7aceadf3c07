// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)

// Whether there is another session, and when.

#include <pop3/error.hpp>
#include <pop3/mailbox/error.hpp>
#include <pop3/mailbox/fetch_course.hpp>
#include <pop3/mailbox/fetch_report.hpp>
#include <pop3/mailbox/random.hpp>
#include <pop3/refusal.hpp>

#include <asio/error.hpp>

#include <doctest/doctest.h>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <set>
#include <system_error>

namespace mailbox_fetch_course_tests {
namespace {

using pop3::errc;
using pop3::fetch_report;
using pop3::response_code;
using pop3::detail::fetch_course;
using pop3::detail::may_pass;
using std::chrono::milliseconds;
using std::chrono::seconds;
using step = fetch_course::step;

constexpr std::uint32_t least = 0;
constexpr std::uint32_t most = 0xFFFFFFFF;
const step end{};
const step at_once{true, milliseconds(0)};

pop3::refusal refused_with(response_code code, std::string text)
{
    return {"PASS", code, std::move(text), "no"};
}

fetch_report report(std::size_t fetched, std::size_t unasked = 0, std::error_code ec = {})
{
    fetch_report r;
    r.sessions = 1;
    r.fetched = fetched;
    r.unasked = unasked;
    r.error = ec;
    return r;
}

pop3::retry_terms terms()
{
    pop3::retry_terms t;
    t.tries = 4;
    t.first_wait = seconds(4);
    t.longest_wait = seconds(10);
    return t;
}

fetch_course course(std::size_t sessions = 100, bool look_again = false)
{
    return {terms(), sessions, look_again};
}

} // namespace

TEST_CASE("a connection that fails is tried again, after longer and longer")
{
    auto c = course();
    CHECK(c.failed(asio::error::connection_refused, least) == step{true, seconds(2)});
    CHECK(c.failed(asio::error::timed_out, most) == step{true, seconds(8)});
    CHECK(c.failed(errc::timed_out, most) == step{true, seconds(10)});
    CHECK(c.failed(errc::timed_out, most) == end);
}

TEST_CASE("the wait is between half and all of it")
{
    for (std::uint32_t random = 0; random < 0xFF000000; random += 0x00FFFFFF) {
        auto c = course();
        const auto s = c.failed(errc::connection_closed, random);
        CHECK(s.after >= seconds(2));
        CHECK(s.after <= seconds(4));
    }
    std::set<std::uint32_t> seen;
    for (int i = 0; i != 100; ++i)
        seen.insert(pop3::detail::random_bits());
    CHECK(seen.size() > 90);
}

TEST_CASE("terms that are no terms")
{
    auto t = terms();
    t.first_wait = milliseconds(-5);
    t.longest_wait = milliseconds::max();
    t.tries = 1000;
    fetch_course c(t, 2000, false);
    for (int i = 0; i != 999; ++i) {
        const auto s = c.failed(errc::timed_out, most);
        CHECK(s.again);
        CHECK(s.after >= milliseconds(0));
    }
    CHECK(c.failed(errc::timed_out, most) == end);
    t.tries = 0;
    CHECK(fetch_course(t, 1, false).failed(errc::timed_out, most) == end);
}

TEST_CASE("what will not pass is not tried again")
{
    const std::error_code final[] = {asio::error::operation_aborted,
                                     asio::error::host_not_found,
                                     errc::malformed_reply,
                                     errc::tls_not_spoken,
                                     errc::no_shared_mechanism,
                                     errc::server_not_authenticated,
                                     errc::proxy_authentication,
                                     errc::authentication_cancelled,
                                     pop3::fetch_errc::store_locked,
                                     pop3::fetch_errc::mailbox_locked,
                                     std::make_error_code(std::errc::no_space_on_device),
                                     std::make_error_code(std::errc::io_error),
                                     std::make_error_code(std::errc::permission_denied)};
    for (const auto& ec : final) {
        CAPTURE(ec.message());
        CHECK(!may_pass(ec));
        CHECK(course().failed(ec, most) == end);
        CHECK(course().ended(report(5, 5, ec), most) == end);
    }
}

TEST_CASE("a refusal is tried again only if the server says that it will do later")
{
    CHECK(course().refused(refused_with(response_code::in_use, "IN-USE"), least) == step{true, seconds(2)});
    CHECK(course().refused(refused_with(response_code::sys_temp, "SYS/TEMP"), least) ==
          step{true, seconds(2)});
    CHECK(course().refused(refused_with(response_code::sys_perm, "SYS/PERM"), least) == end);
    CHECK(course().refused(refused_with(response_code::auth, "AUTH"), least) == end);
    CHECK(course().refused(refused_with(response_code::none, ""), least) == end);
    CHECK(course().refused(refused_with(response_code::other, "WHAT"), least) == end);
}

TEST_CASE("the time of LOGIN-DELAY is kept, or the rest is left")
{
    auto delayed = refused_with(response_code::login_delay, "LOGIN-DELAY");
    CHECK(course().refused(delayed, least) == step{true, seconds(2)});
    delayed.retry_after(seconds(9));
    CHECK(course().refused(delayed, least) == step{true, seconds(9)});
    delayed.retry_after(seconds(11));
    CHECK(course().refused(delayed, least) == end);
}

TEST_CASE("a session that ended well is the last, unless it was bounded")
{
    CHECK(course().ended(report(3), most) == end);
    CHECK(course().ended(report(3, 7), most) == at_once);
    // Without end it would come to nothing.
    CHECK(course().ended(report(0, 7), most) == end);
    auto stopped = report(3, 7);
    stopped.stopped = true;
    CHECK(course().ended(stopped, most) == end);
    auto deletes = report(0, 7);
    deletes.deleted = 1;
    CHECK(course().ended(deletes, most) == at_once);
}

TEST_CASE("it looks again only where that is wanted, and as long as it finds something")
{
    auto c = course(100, true);
    CHECK(c.ended(report(3), most) == at_once);
    CHECK(c.ended(report(1), most) == at_once);
    CHECK(c.ended(report(0), most) == end);
    auto deletes = report(0);
    deletes.deleted = 3;
    CHECK(course(100, true).ended(deletes, most) == end);
}

TEST_CASE("a lost connection: another session, and what came is progress")
{
    auto c = course();
    CHECK(c.ended(report(0, 0, errc::connection_closed), least) == step{true, seconds(2)});
    CHECK(c.ended(report(0, 0, errc::connection_closed), least) == step{true, seconds(4)});
    CHECK(c.ended(report(1, 0, errc::connection_closed), least) == step{true, seconds(2)});
    CHECK(c.ended(report(0, 0, errc::connection_closed), least) == step{true, seconds(4)});
    CHECK(c.failed(asio::error::connection_refused, least) == step{true, seconds(5)});
    CHECK(c.failed(asio::error::connection_refused, least) == end);
}

TEST_CASE("a server that mixes up its replies is asked one by one, and given up if it cannot do that")
{
    for (const auto error : {errc::pipeline_out_of_step, errc::pipeline_timed_out}) {
        auto c = course();
        CHECK(c.pipelining() == pop3::pipelining::automatic);
        CHECK(c.ended(report(0, 0, error), most) == at_once);
        CHECK(c.pipelining() == pop3::pipelining::never);
        CHECK(c.ended(report(0, 0, error), most) == end);
    }
}

TEST_CASE("there are no more sessions than there may be")
{
    auto c = course(2);
    CHECK(c.ended(report(3, 7), most) == at_once);
    CHECK(c.ended(report(3, 4), most) == end);
    auto one = course(1);
    CHECK(one.ended(report(0, 0, errc::pipeline_out_of_step), most) == end);
}

TEST_CASE("reports of sessions make one")
{
    fetch_report total;
    total.account = "alice";
    auto first = report(3, 7);
    first.octets = 30;
    first.listed = 12;
    first.delivered_before = 2;
    first.deleted = 1;
    first.left = 9;
    first.wanted_deletions = 4;
    first.damaged_store = "x.damaged";
    first.skipped.push_back({4, "d", 10, pop3::skip_reason::refused, 1, {}, "broken"});
    first.skipped.push_back({5, "e", 10, pop3::skip_reason::later, 0, {}, {}});
    first.error = errc::connection_closed;
    total.add(first);
    CHECK(total.account == "alice");
    CHECK(total.sessions == 1);
    CHECK(total.listed == 12);
    CHECK(total.error == errc::connection_closed);

    auto second = report(6);
    second.octets = 60;
    second.listed = 11;
    second.delivered_before = 5;
    second.deleted = 2;
    second.left = 1;
    second.skipped.push_back({3, "d", 10, pop3::skip_reason::not_kept, 1, {}, {}});
    total.add(second);
    CHECK(total.sessions == 2);
    CHECK(total.fetched == 9);
    CHECK(total.octets == 90);
    CHECK(total.deleted == 3);
    CHECK(total.listed == 12);
    CHECK(total.delivered_before == 2);
    CHECK(total.left == 1);
    CHECK(total.unasked == 0);
    CHECK(total.wanted_deletions == 0);
    CHECK(total.damaged_store == "x.damaged");
    CHECK(!total.error);
    REQUIRE(total.skipped.size() == 1);
    CHECK(total.skipped[0].number == 3);
    CHECK(total.skipped[0].why == pop3::skip_reason::refused);
    CHECK(total.skipped[0].text == "broken");
}

} // namespace mailbox_fetch_course_tests
