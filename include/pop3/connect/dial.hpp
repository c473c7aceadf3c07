// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)
#pragma once

#include <pop3/config.hpp>
#include <pop3/connect/destination.hpp>
#include <pop3/connect/race.hpp>
#include <pop3/connect_options.hpp>
#include <pop3/detail/operation.hpp>
#include <pop3/detail/owned.hpp>
#include <pop3/proxy/negotiation.hpp>

#include <asio/ip/tcp.hpp>
#include <asio/steady_timer.hpp>

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <system_error>
#include <vector>

namespace pop3::detail {

/// Makes a socket that leads to the server, up to where TLS or the greeting begins: resolves, connects, and asks the proxy if there
/// is one.
///
/// The operation that wants it waits for a timer, which the answer cancels. So it learns of a cancellation and of its deadline
/// whatever goes on here: asking for a name cannot be stopped.
class dial final : public race {
public:
    /// default_port: of the protocol.
    static std::shared_ptr<dial> make(destination to, std::uint16_t default_port,
                                      const connect_options& options);

    dial(destination to, std::uint16_t default_port, const connect_options& options);

    const std::string& host() const noexcept
    {
        return to_.host;
    }

    std::uint16_t port() const noexcept
    {
        return to_.port;
    }

    /// Why nothing can be tried, if so.
    std::error_code unusable() const noexcept
    {
        return unusable_;
    }

    /// next: the step that waits.
    void begin(clock::time_point deadline, step next);

    /// The step goes on. If there is no answer yet there will be none, and `otherwise` is why.
    std::error_code result(std::error_code otherwise) noexcept;

    asio::ip::tcp::socket& socket() noexcept
    {
        return to_.socket;
    }

    /// Where it was to go, and by which way, for a human.
    std::string place() const;

private:
    class waiter;
    class resolve_handler;

    void start();
    void try_addresses();
    void resolve();
    void resolved(std::error_code ec, const asio::ip::tcp::resolver::results_type& results) noexcept;
    POP3_DECL void connected(asio::ip::tcp::socket socket, const endpoint& to) noexcept override;
    POP3_DECL void none_connected() noexcept override;
    void talk_to_proxy() noexcept;
    std::error_code converse();
    void answer(std::error_code ec) noexcept;

    std::shared_ptr<dial> self()
    {
        return std::static_pointer_cast<dial>(shared_from_this());
    }

    destination to_;
    /// Whom it connects to itself: the server, or the proxy.
    std::string first_host_;
    std::uint16_t first_port_;
    std::vector<endpoint> addresses_; // of that
    std::chrono::milliseconds attempt_delay_;
    boxed<negotiation> negotiation_;
    asio::steady_timer timer_;
    boxed<asio::ip::tcp::resolver> resolver_;
    std::optional<endpoint> tried_;
    clock::time_point deadline_;
    std::error_code unusable_;
    std::error_code error_;
    bool through_proxy_ = false;
    bool racing_ = false;
    bool answered_ = false;
};

} // namespace pop3::detail

#if !defined(POP3_SEPARATE_COMPILATION)
#include <pop3/connect/dial.ipp>
#endif
