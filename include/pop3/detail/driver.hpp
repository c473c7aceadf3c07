// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)
#pragma once

#include <pop3/command/any_exchange.hpp>
#include <pop3/config.hpp>
#include <pop3/detail/connection.hpp>
#include <pop3/detail/operation.hpp>
#include <pop3/error.hpp>

#include <asio/error.hpp>

#include <chrono>
#include <cstddef>
#include <exception>
#include <memory>
#include <optional>
#include <system_error>
#include <utility>

namespace pop3::detail {

/// Why no operation can be begun on a connection, if so.
template <class Stream>
std::error_code what_forbids_to_use(const std::shared_ptr<connection<Stream>>& c)
{
    if (!c)
        return errc::no_session;
    if (c->busy())
        return errc::operation_in_progress;
    if (c->abandoned())
        return asio::error::operation_aborted;
    if (c->closed())
        return errc::session_closed;
    return {};
}

/// Whether an exchange is an operation of its own, or a step of one that has its own deadline.
enum class part { whole, step };

/// The one operation that does I/O for commands. The way of a command, of RETR for example:
///
/// - session/transaction.hpp: `async_retr(1)` makes the command value, and passes it to `async_execute`;
/// - session/handle.hpp: `async_execute` makes an exchange of it, `command::single` (command/single.hpp), and says by its
///   Finish what the session is afterwards;
/// - detail/drive.hpp: the operation, which is this driver with that exchange; the handler is put behind it by
///   detail/compose.hpp;
/// - here: the line is sent, and what comes is fed to the exchange until that is done;
/// - command/exchange.hpp: the status line and the framing of the reply; the command itself (command/retr.hpp) reads what is
///   in it.
///
/// It sends what an exchange wants to send, reads, feeds the exchange, and completes with the reply that `conclude` makes of
/// it. It is compiled once for each kind of stream (once for `tcp_stream` and `cleartext_stream`, see `carrier`): it knows the
/// exchange by `command::any_exchange`, and calls it once for each line sent and each buffer read. It owns what it works with,
/// so that the session object may be moved or destroyed while it runs. It never waits for what it sends (see
/// `connection::send`).
template <class Stream>
class driver : public operation {
public:
    using self_type = owner<driver>;
    using connection_ptr = std::shared_ptr<connection<Stream>>;

    void resume(std::error_code ec, std::size_t transferred) override;

protected:
    /// traits: of the exchange (`set_exchange`). ends_session: the stream is shut down after the reply. time: of a whole
    /// operation, if not that of the limits.
    driver(connection_ptr c, const command::exchange_traits& traits, bool ends_session, part p,
           std::optional<std::chrono::milliseconds> time)
        : connection_(std::move(c)), traits_(traits), time_(time), part_(p), ends_session_(ends_session)
    {
    }

    /// Says what to run. It must live as long as this.
    void set_exchange(command::any_exchange& exchange) noexcept;

    /// Nobody is told if it is lost without having completed: for want of memory, or since the context goes.
    ~driver();

    /// Makes the reply of what came of the exchange. An error then is one that leaves the session as it is.
    virtual void conclude(connection_ptr c) = 0;

    /// Makes what there is instead of a reply. sent: it may have reached the server. thrown: by what, if so.
    virtual void conclude(connection_ptr c, std::error_code ec, bool sent,
                          const std::exception_ptr& thrown) = 0;

private:
    enum class stage { start, not_started, running, reading, computing, shutting_down, threw };

    /// What is read before other handlers have their turn.
    static constexpr std::size_t octets_per_turn = 1u << 20;
    static constexpr int reads_per_turn = 64;

    void run(self_type& self, std::error_code ec, std::size_t transferred);

    void go_on(self_type& self, std::error_code ec, std::size_t transferred);

    void start(self_type& self);

    std::chrono::milliseconds time() const;

    /// Nothing was sent yet, and nothing is if this finds an error.
    std::error_code what_forbids_it();

    std::error_code write_line();

    /// Writes another line, in answer to a reply.
    std::error_code ask();

    /// Sends the line that is in the output, and what else may be sent before there is a reply. Nothing if the observer that
    /// it is shown to calls the operation off.
    void send();

    /// Reads and feeds the exchange for as long as there is something to be had without waiting.
    void read_on(self_type& self);

    /// Has the exchange read what is in the input.
    command::next feed(std::error_code& ec);

    /// Lets other handlers have their turn first: a cancellation among them, and the deadline.
    void compute_later(self_type& self);

    void compute(self_type& self);

    /// Waits until there is more to read.
    void wait(self_type& self);

    /// What goes on for long is not given up while it goes on.
    void earn_time();

    bool stopped() const noexcept;

    static bool was_cancelled(const void* at) noexcept;

    void end_session_or_succeed(self_type& self);

    void succeed(self_type& self);

    /// Keeps what the exchange has learned of the server.
    void remember();

    void fail(self_type& self, std::error_code ec);

    /// The server hung up behind a refusal, and a second try was not heard: the refusal is its last word.
    bool settled(std::error_code ec) const;

    /// What has not begun leaves the session as it was.
    void hold_exception(self_type& self);

    void complete_with(self_type& self, std::error_code ec);

    connection_ptr connection_;
    command::any_exchange* exchange_ = nullptr; // in an object derived from this
    command::exchange_traits traits_;
    std::error_code error_;
    std::exception_ptr thrown_;
    std::optional<std::chrono::milliseconds> time_;
    std::size_t octets_ = 0;
    std::size_t answered_ = 0;
    part part_;
    stage at_ = stage::start;
    bool ends_session_;
    bool begun_ = false; // the connection is busy with it
    bool sent_ = false;
};

} // namespace pop3::detail

#include <pop3/detail/driver_begin.ipp>
#include <pop3/detail/driver_end.ipp>
#include <pop3/detail/driver_read.ipp>
