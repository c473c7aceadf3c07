// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)
#pragma once

#include <pop3/config.hpp>
#include <pop3/detail/bounded.hpp>
#include <pop3/error.hpp>
#include <pop3/mailbox/fetch_course.hpp>

#include <asio/error.hpp>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <iterator>
#include <system_error>

namespace pop3::detail {

POP3_DECL bool may_pass(std::error_code ec) noexcept
{
    static constexpr errc ours[] = {errc::timed_out, errc::connection_closed, errc::connection_truncated,
                                    errc::too_slow,  errc::unexpected_data,   errc::proxy_refused};
    // (Not every error of the system's: a full disk has one, too.)
    static constexpr asio::error::basic_errors of_networks[] = {
        asio::error::connection_refused, asio::error::connection_reset,    asio::error::connection_aborted,
        asio::error::host_unreachable,   asio::error::network_unreachable, asio::error::network_down,
        asio::error::network_reset,      asio::error::timed_out,           asio::error::broken_pipe};
    const auto is = [ec](auto e) {
        return ec == make_error_code(e);
    };
    return std::any_of(std::begin(ours), std::end(ours), is) ||
           std::any_of(std::begin(of_networks), std::end(of_networks), is) || is(asio::error::eof) ||
           is(asio::error::host_not_found_try_again);
}

POP3_DECL fetch_course::step fetch_course::wait(std::chrono::milliseconds at_least,
                                                std::uint32_t random) noexcept
{
    const auto longest = bounded(terms_.longest_wait);
    if (++tried_ >= terms_.tries || sessions_left_ == 0 || at_least > longest)
        return {};
    auto time = (std::max)(bounded(terms_.first_wait), std::chrono::milliseconds(1));
    for (unsigned n = 1; n != tried_ && time < longest; ++n)
        time *= 2;
    time = (std::min)(time, longest);
    const auto half = time / 2;
    time = half + std::chrono::milliseconds(half.count() * (random >> 16) / 0xFFFF);
    return {true, (std::max)(time, at_least)};
}

POP3_DECL fetch_course::step fetch_course::failed(std::error_code ec, std::uint32_t random) noexcept
{
    return may_pass(ec) ? wait({}, random) : step();
}

POP3_DECL fetch_course::step fetch_course::refused(const refusal& why, std::uint32_t random) noexcept
{
    if (why.advice() != retry_advice::wait)
        return {};
    return wait(why.retry_after().value_or(std::chrono::seconds(0)), random);
}

POP3_DECL fetch_course::step fetch_course::ended(const fetch_report& r, std::uint32_t random) noexcept
{
    --sessions_left_;
    const bool came_forward = r.fetched + r.fetched_again + r.deleted != 0;
    if (came_forward)
        tried_ = 0;
    if (r.stopped || sessions_left_ == 0)
        return {};
    // What it cannot do together it may do one by one.
    if ((r.error == errc::pipeline_out_of_step || r.error == errc::pipeline_timed_out) &&
        pipelining_ == pop3::pipelining::automatic) {
        pipelining_ = pop3::pipelining::never;
        return {true};
    }
    if (r.error)
        return may_pass(r.error) ? wait({}, random) : step();
    return {came_forward && (r.unasked != 0 || (look_again_ && r.fetched != 0))};
}

} // namespace pop3::detail
