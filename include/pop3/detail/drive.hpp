// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)
#pragma once

#include <pop3/detail/compose.hpp>
#include <pop3/detail/connection.hpp>
#include <pop3/detail/driver.hpp>
#include <pop3/detail/explain.hpp>

#include <asio/any_io_executor.hpp>

#include <chrono>
#include <exception>
#include <memory>
#include <new>
#include <optional>
#include <string>
#include <system_error>
#include <utility>

namespace pop3::detail {

/// What a `Finish` does if it does not say otherwise. It also has
///
///     using reply_type = ...;
///     reply_type succeed(connection, exchange)
///     reply_type fail(connection, exchange, ec, sent)   // sent: it may have reached the server
struct finish_defaults {
    /// The stream is shut down after the reply.
    static constexpr bool ends_session = false;

    /// An error that leaves the session as it is.
    template <class Exchange>
    std::error_code outcome(const Exchange&) const
    {
        return {};
    }
};

/// The driver with the exchange that it runs, and what makes a reply of how that ends. It knows nothing of the handler.
template <class Stream, class Exchange, class Finish>
class drive : public driver<Stream> {
    using connection_ptr = std::shared_ptr<connection<Stream>>;
    using reply_type = typename Finish::reply_type;

public:
    drive(connection_ptr c, Exchange exchange, Finish finish, part p,
          std::optional<std::chrono::milliseconds> time);

protected:
    ~drive();

    results<std::error_code, reply_type> take_results();

private:
    void conclude(connection_ptr c) override;

    void conclude(connection_ptr c, std::error_code ec, bool sent, const std::exception_ptr& thrown) override;

    void keep(reply_type&& reply);

    /// What it completes with, when there is one. (Not `std::optional`, which takes the compiler long.)
    union kept_reply {
        kept_reply()
        {
        }
        ~kept_reply()
        {
        }
        reply_type value;
    };

    Exchange exchange_;
    Finish finish_;
    std::error_code error_;
    kept_reply reply_;
    bool concluded_ = false;
};

template <class Stream, class Exchange, class Finish>
drive<Stream, Exchange, Finish>::drive(connection_ptr c, Exchange exchange, Finish finish, part p,
                                       std::optional<std::chrono::milliseconds> time)
    : driver<Stream>(std::move(c), exchange.traits(), Finish::ends_session, p, time),
      exchange_(std::move(exchange)), finish_(std::move(finish))
{
    this->set_exchange(exchange_);
}

template <class Stream, class Exchange, class Finish>
drive<Stream, Exchange, Finish>::~drive()
{
    if (concluded_)
        reply_.value.~reply_type();
}

template <class Stream, class Exchange, class Finish>
results<std::error_code, typename drive<Stream, Exchange, Finish>::reply_type>
drive<Stream, Exchange, Finish>::take_results()
{
    return {error_, std::move(reply_.value)};
}

template <class Stream, class Exchange, class Finish>
void drive<Stream, Exchange, Finish>::conclude(connection_ptr c)
{
    error_ = finish_.outcome(exchange_);
    keep(finish_.succeed(std::move(c), exchange_));
}

template <class Stream, class Exchange, class Finish>
void drive<Stream, Exchange, Finish>::conclude(connection_ptr c, std::error_code ec, bool sent,
                                               const std::exception_ptr& thrown)
{
    error_ = ec;
    const auto notice = c ? c->notice : std::string();
    auto reply = finish_.fail(std::move(c), exchange_, ec, sent);
    detail::explain(reply, notice, thrown, this->executor());
    keep(std::move(reply));
}

template <class Stream, class Exchange, class Finish>
void drive<Stream, Exchange, Finish>::keep(reply_type&& reply)
{
    ::new (static_cast<void*>(&reply_.value)) reply_type(std::move(reply));
    concluded_ = true;
}

/// Starts it. `executor` is that of the connection; an empty session may have none.
template <class Stream, class Exchange, class Finish, class Token>
auto async_drive(std::shared_ptr<connection<Stream>> c, const asio::any_io_executor& executor,
                 Exchange exchange, Finish finish, part p, Token&& token,
                 std::optional<std::chrono::milliseconds> time = {})
{
    return detail::begin_on<drive<Stream, Exchange, Finish>,
                            void(std::error_code, typename Finish::reply_type)>(
        executor, token, std::move(c), std::move(exchange), std::move(finish), p, time);
}

} // namespace pop3::detail
