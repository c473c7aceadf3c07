// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)
#pragma once

#include <pop3/config.hpp>
#include <pop3/connect/dial.hpp>
#include <pop3/connect/failed_attempts.hpp>
#include <pop3/connect/race.hpp>
#include <pop3/detail/at_once.hpp>
#include <pop3/detail/connection.hpp>
#include <pop3/detail/operation.hpp>
#include <pop3/detail/owned.hpp>
#include <pop3/detail/peer_has_gone.hpp>
#include <pop3/detail/place.hpp>
#include <pop3/detail/shared.hpp>
#include <pop3/detail/side_step.hpp>
#include <pop3/error.hpp>
#include <pop3/printable.hpp>
#include <pop3/proxy.hpp>

#include <asio/buffer.hpp>
#include <asio/error.hpp>
#include <asio/ip/address.hpp>
#include <asio/ip/tcp.hpp>
#include <asio/socket_base.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

namespace pop3::detail {

/// The octets of an IP address; empty if `host` is none.
inline std::string octets_of_address(const std::string& host)
{
    std::error_code is_name;
    const auto address = asio::ip::make_address(host, is_name);
    if (is_name)
        return {};
    const auto text = [](const auto& octets) {
        return std::string(reinterpret_cast<const char*>(octets.data()), octets.size());
    };
    return address.is_v4() ? text(address.to_v4().to_bytes()) : text(address.to_v6().to_bytes());
}

/// The resolver would take an empty name for this machine, and a name up to its NUL for the whole.
inline bool is_host(const std::string& host) noexcept
{
    return !host.empty() && host.find('\0') == std::string::npos;
}

/// For the proxy.
class dial::waiter final : public side_step {
public:
    explicit waiter(std::shared_ptr<dial> d) : side_step(d->to_.executor), dial_(std::move(d))
    {
    }

private:
    void done(std::error_code ec, std::size_t) noexcept override
    {
        if (ec)
            return dial_->answer(ec);
        dial_->talk_to_proxy();
    }

    void dropped() noexcept override
    {
        dial_->answer(asio::error::no_memory);
    }

    std::shared_ptr<dial> dial_;
};

class dial::resolve_handler {
public:
    explicit resolve_handler(std::shared_ptr<dial> d) noexcept : dial_(std::move(d))
    {
    }

    resolve_handler(resolve_handler&&) = default;

    /// Asio throws then, but out of `run()`, where the operation would not learn of it.
    ~resolve_handler()
    {
        if (dial_)
            dial_->answer(asio::error::no_memory);
    }

    void operator()(std::error_code ec, const asio::ip::tcp::resolver::results_type& results)
    {
        std::exchange(dial_, nullptr)->resolved(ec, results);
    }

private:
    std::shared_ptr<dial> dial_;
};

POP3_DECL std::shared_ptr<dial> dial::make(destination to, std::uint16_t default_port,
                                           const connect_options& options)
{
    return detail::share_new<dial>(std::move(to), default_port, options);
}

POP3_DECL dial::dial(destination to, std::uint16_t default_port, const connect_options& options)
    : race(to.executor), to_(std::move(to)), addresses_(options.endpoints),
      attempt_delay_(options.attempt_delay), timer_(to_.executor)
{
    if (to_.port == 0)
        to_.port = default_port;
    first_host_ = to_.host;
    first_port_ = to_.port;
    const bool is_known = to_.connected || !addresses_.empty();
    bool usable = is_known ? to_.host.find('\0') == std::string::npos : is_host(to_.host);
    if (!to_.connected && options.proxy) {
        const auto& through = *options.proxy;
        through_proxy_ = true;
        first_host_ = through.host();
        first_port_ = through.port();
        negotiation_ = through.negotiate_(through.address_,
                                          proxy_target(to_.host, octets_of_address(to_.host), to_.port));
        usable = usable && addresses_.empty() && negotiation_ != nullptr && is_host(first_host_);
    }
    if (!usable)
        unusable_ = std::make_error_code(std::errc::invalid_argument);
}

POP3_DECL void dial::begin(clock::time_point deadline, step next)
{
    deadline_ = deadline;
    timer_.expires_at(deadline);
    timer_.async_wait(std::move(next));
    // What is thrown must not get out: the operation waits already, and would complete later all the same.
#if defined(POP3_NO_EXCEPTIONS)
    start();
#else
    try {
        start();
    } catch (const std::system_error& e) {
        answer(e.code()); // Asio has no thread left to ask for a name in
        error_ = e.code();
    } catch (...) {
        answer(asio::error::no_memory);
    }
#endif
}

POP3_DECL void dial::start()
{
    if (clock::now() >= deadline_)
        return; // the timer says so
    if (to_.connected) {
        std::error_code ec;
        to_.socket.remote_endpoint(ec);
        return answer(ec);
    }
    if (addresses_.empty()) {
        std::error_code is_name;
        const auto address = asio::ip::make_address(first_host_, is_name);
        if (is_name)
            return resolve();
        const endpoint only(address, first_port_);
        addresses_.push_back(only);
    }
    try_addresses();
}

POP3_DECL void dial::try_addresses()
{
    racing_ = true;
    run(addresses_, attempt_delay_, deadline_);
}

POP3_DECL void dial::resolve()
{
    resolver_ = boxed<asio::ip::tcp::resolver>(new asio::ip::tcp::resolver(to_.executor));
    resolver_->async_resolve(first_host_, std::to_string(first_port_),
                             asio::ip::tcp::resolver::numeric_service, resolve_handler(self()));
}

POP3_DECL void dial::resolved(std::error_code ec,
                              const asio::ip::tcp::resolver::results_type& results) noexcept
{
    if (answered_)
        return;
    if (ec)
        return answer(ec);
    POP3_TRY
    {
        for (const endpoint address : results)
            addresses_.push_back(address);
        addresses_ = interleaved(addresses_);
        try_addresses();
    }
    POP3_CATCH(...)
    {
        answer(asio::error::no_memory);
    }
}

POP3_DECL void dial::connected(asio::ip::tcp::socket socket, const endpoint& to) noexcept
{
    racing_ = false;
    tried_ = to;
    to_.socket = std::move(socket);
    if (negotiation_)
        talk_to_proxy();
    else
        answer({});
}

POP3_DECL void dial::none_connected() noexcept
{
    racing_ = false;
    const auto all = failures({});
    tried_ = all.where();
    answer(all.why() ? all.why() : asio::error::host_not_found);
}

POP3_DECL void dial::talk_to_proxy() noexcept
{
    if (answered_)
        return;
    POP3_TRY
    {
        const auto ec = converse();
        if (ec != asio::error::would_block)
            return answer(tells_that_peer_has_gone(ec) ? make_error_code(errc::proxy_malformed) : ec);
        const auto what =
            negotiation_->to_send().empty() ? asio::socket_base::wait_read : asio::socket_base::wait_write;
        to_.socket.async_wait(what, step(operation_ptr(new waiter(self()))));
    }
    POP3_CATCH(...)
    {
        answer(asio::error::no_memory);
    }
}

/// Goes on until it would have to wait, or until the way is free.
POP3_DECL std::error_code dial::converse()
{
    auto& talk = *negotiation_;
    std::error_code ec;
    while (!ec) {
        char octets[512];
        if (const auto rest = talk.to_send(); !rest.empty()) {
            talk.sent(detail::write_now(to_.socket, asio::buffer(rest.data(), rest.size()), ec));
        } else if (talk.wanted() != 0) {
            const auto most = (std::min)(talk.wanted(), sizeof octets);
            const auto n = detail::read_now(to_.socket, asio::buffer(octets, most), ec);
            if (!ec)
                ec = talk.receive({octets, n});
        } else {
            break;
        }
    }
    return ec;
}

POP3_DECL void dial::answer(std::error_code ec) noexcept
{
    if (answered_)
        return;
    error_ = ec;
    answered_ = true;
    timer_.cancel();
}

POP3_DECL std::error_code dial::result(std::error_code otherwise) noexcept
{
    if (answered_)
        return error_;
    answered_ = true;
    error_ = otherwise;
    if (racing_) {
        // Others of its addresses may have failed in a way that says more.
        const auto all = failures(otherwise);
        tried_ = all.where();
        if (otherwise == errc::timed_out)
            error_ = all.why();
    }
    resolver_ = nullptr;
    stop();
    std::error_code ignored;
    to_.socket.close(ignored);
    return error_;
}

POP3_DECL std::string dial::place() const
{
    if (!through_proxy_)
        return detail::place(to_.host, to_.port, tried_);
    auto text =
        detail::place(to_.host, to_.port) + " through " + detail::place(first_host_, first_port_, tried_);
    if (negotiation_ && !negotiation_->said().empty())
        text += ", which said \"" + printable(negotiation_->said()) + '"';
    return text;
}

} // namespace pop3::detail
