// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)
#pragma once

#include <pop3/any_stream.hpp>
#include <pop3/config.hpp>
#include <pop3/detail/at_once.hpp>

#include <cstddef>
#include <system_error>
#include <utility>
#include <variant>

namespace pop3 {

POP3_DECL any_stream::executor_type any_stream::get_executor() noexcept
{
    return std::visit([](auto& s) -> executor_type { return s.get_executor(); }, stream_);
}

POP3_DECL any_stream::lowest_layer_type& any_stream::lowest_layer() noexcept
{
    return std::visit([](auto& s) -> lowest_layer_type& { return s.lowest_layer(); }, stream_);
}

POP3_DECL any_stream::native_handle_type any_stream::native_handle() noexcept
{
    auto* const tls = std::get_if<tls_stream>(&stream_);
    return tls == nullptr ? nullptr : tls->native_handle();
}

POP3_DECL std::size_t any_stream::read_now(asio::mutable_buffer buffer, std::error_code& ec) noexcept
{
    return std::visit([&](auto& s) { return detail::read_now(s, buffer, ec); }, stream_);
}

POP3_DECL std::size_t any_stream::write_now(asio::const_buffer buffer, std::error_code& ec) noexcept
{
    return std::visit([&](auto& s) { return detail::write_now(s, buffer, ec); }, stream_);
}

POP3_DECL bool any_stream::is_quiet() noexcept
{
    return std::visit([](auto& s) { return detail::is_quiet(s); }, stream_);
}

POP3_DECL void any_stream::say_goodbye() noexcept
{
    if (auto* const tls = std::get_if<tls_stream>(&stream_))
        tls->say_goodbye();
}

POP3_DECL void detail::wait_to_read(any_stream& stream, step handler)
{
    std::visit([&](auto& s) { detail::wait_to_read(s, std::move(handler)); }, stream.stream_);
}

POP3_DECL void detail::stop_waiting(any_stream& stream) noexcept
{
    std::visit([](auto& s) { detail::stop_waiting(s); }, stream.stream_);
}

} // namespace pop3
