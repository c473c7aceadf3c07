// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)
#pragma once

#include <pop3/config.hpp>
#include <pop3/detail/operation.hpp>
#include <pop3/detail/shared.hpp>
#include <pop3/detail/tls_operation.hpp>
#include <pop3/tls/engine.hpp>
#include <pop3/tls/handshake.hpp>
#include <pop3/tls/state.hpp>
#include <pop3/tls_context.hpp>

#include <asio/buffer.hpp>

#include <cstddef>
#include <memory>
#include <string>
#include <system_error>
#include <utility>

namespace pop3 {

POP3_DECL tls_stream::tls_stream(const executor_type& executor, const tls_context& context)
    : engine_(detail::share_new<detail::tls_engine>(executor, context.handle_.get()))
{
    detail::attach_tls_state(native_handle(), *context.state_);
    detail::expect_nobody(native_handle());
}

POP3_DECL tls_stream& tls_stream::operator=(tls_stream&& other) noexcept
{
    if (this != &other) {
        close();
        engine_ = std::move(other.engine_);
    }
    return *this;
}

POP3_DECL tls_stream::~tls_stream()
{
    close();
}

POP3_DECL tls_stream::executor_type tls_stream::get_executor() const noexcept
{
    return engine_->socket().get_executor();
}

POP3_DECL tls_stream::next_layer_type& tls_stream::next_layer() noexcept
{
    return engine_->socket();
}

POP3_DECL tls_stream::lowest_layer_type& tls_stream::lowest_layer() noexcept
{
    return engine_->socket().lowest_layer();
}

POP3_DECL tls_stream::native_handle_type tls_stream::native_handle() noexcept
{
    return engine_->ssl();
}

POP3_DECL std::error_code tls_stream::expect_host(const std::string& host)
{
    return detail::expect_host(native_handle(), host);
}

POP3_DECL std::error_code tls_stream::handshake_error(std::error_code ec)
{
    return detail::handshake_error(native_handle(), ec);
}

POP3_DECL void tls_stream::say_goodbye() noexcept
{
    engine_->say_goodbye();
}

POP3_DECL std::size_t tls_stream::read_now(asio::mutable_buffer buffer, std::error_code& ec) noexcept
{
    return engine_->read(buffer.data(), buffer.size(), ec);
}

POP3_DECL bool tls_stream::is_quiet() noexcept
{
    return engine_->is_quiet();
}

POP3_DECL std::size_t tls_stream::write_now(asio::const_buffer buffer, std::error_code& ec) noexcept
{
    return engine_->write(buffer.data(), buffer.size(), ec);
}

POP3_DECL void tls_stream::close() noexcept
{
    std::error_code ignored;
    if (engine_)
        engine_->socket().close(ignored);
}

POP3_DECL void detail::wait_to_read(tls_stream& stream, step handler)
{
    detail::wait_to_read(stream.engine_, std::move(handler));
}

POP3_DECL void detail::stop_waiting(tls_stream& stream) noexcept
{
    stream.engine_->reader_waits(false);
}

} // namespace pop3
