// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)
#pragma once

#include <pop3/config.hpp>
#include <pop3/detail/compose.hpp>
#include <pop3/detail/operation.hpp>

#include <asio/buffer.hpp>

#include <cstddef>
#include <memory>
#include <system_error>

namespace pop3::detail {

class tls_engine;

/// What a `tls_stream` does and may have to wait for.
class tls_operation : public operation {
public:
    using self_type = owner<tls_operation>;

    enum class action { handshake, shutdown, wait_to_read, read, wait_to_write, write, refused };

    POP3_DECL void resume(std::error_code ec, std::size_t) override;

protected:
    tls_operation(std::shared_ptr<tls_engine> engine, action what);
    tls_operation(std::shared_ptr<tls_engine> engine, asio::mutable_buffer to);
    tls_operation(std::shared_ptr<tls_engine> engine, asio::const_buffer from);
    ~tls_operation() = default;

    std::error_code error_;
    std::size_t transferred_ = 0;

private:
    enum class stage { start, waiting_for_input, waiting_for_output, done };

    void go_on(self_type& self, std::error_code ec);
    std::error_code step(bool waited_for_input);
    std::error_code shake_hands(bool waited_for_input);
    std::error_code look_for_input(bool waited_for_input);
    std::error_code flush(bool waited_for_input);
    std::error_code write();
    void wait(self_type& self);
    bool wants_output() const;
    bool writes() const noexcept;
    void waits_for_input(bool on);

    std::shared_ptr<tls_engine> engine_;
    asio::mutable_buffer to_;
    asio::const_buffer from_;
    action action_;
    stage at_ = stage::start;
    bool shook_hands_ = false;
};

/// With what it completes.
template <class Signature>
class tls_operation_with;

template <>
class tls_operation_with<void(std::error_code)> : public tls_operation {
public:
    using tls_operation::tls_operation;

protected:
    results<std::error_code> take_results() const noexcept
    {
        return {error_};
    }
};

template <>
class tls_operation_with<void(std::error_code, std::size_t)> : public tls_operation {
public:
    using tls_operation::tls_operation;

protected:
    results<std::error_code, std::size_t> take_results() const noexcept
    {
        return {error_, transferred_};
    }
};

/// Waits until it may be worth calling `read_now` again. It takes no memory of its own, and
/// `stop_waiting` must be called when it has ended.
void wait_to_read(const std::shared_ptr<tls_engine>& engine, step handler);

} // namespace pop3::detail

#if !defined(POP3_SEPARATE_COMPILATION)
#include <pop3/detail/tls_operation.ipp>
#endif
