// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)
#pragma once

#include <pop3/capabilities.hpp>
#include <pop3/command/quit.hpp>
#include <pop3/command/receive.hpp>
#include <pop3/detail/connection.hpp>
#include <pop3/detail/drive.hpp>
#include <pop3/error.hpp>
#include <pop3/refusal.hpp>
#include <pop3/reply.hpp>
#include <pop3/response_code.hpp>
#include <pop3/session/fwd.hpp>
#include <pop3/session/stay.hpp>
#include <pop3/session/update.hpp>
#include <pop3/state.hpp>

#include <asio/error.hpp>

#include <cstddef>
#include <memory>
#include <system_error>
#include <tuple>
#include <type_traits>
#include <utility>

namespace pop3::detail {

/// How the library itself makes a session of a connection.
struct session_access {
    template <class Session, class Stream>
    static Session make(std::shared_ptr<connection<Stream>> c)
    {
        return Session(std::move(c));
    }

    template <class Session>
    static auto take(Session&& s)
    {
        return std::move(s.connection_);
    }
};

// What is made of an exchange that ended: a reply, with the session in the state that it is in then (see `finish_defaults`).

/// Adds how long the server wants to be left alone, if it was that, and is known.
template <class Connection>
refusal with_delay(const Connection& c, refusal r)
{
    if (r.code() == response_code::login_delay && c.capabilities && c.capabilities->login_delay)
        r.retry_after(c.capabilities->login_delay->delay);
    return r;
}

/// Finish of a command that leads to another state, or, if refused, to `Back`.
template <class Next, class Back>
struct leave : finish_defaults {
    using reply_type = reply<Next, Back>;

    template <class Connection, class Exchange>
    reply_type succeed(Connection c, Exchange& exchange)
    {
        auto said = exchange.take();
        if (!said)
            return {detail::with_delay(*c, std::move(said).error()),
                    session_access::make<Back>(std::move(c))};
        // After the login they may be others (RFC 2449, section 5).
        if constexpr (std::is_same_v<typename Next::state_type, transaction> &&
                      !std::is_same_v<typename Back::state_type, receiving>)
            c->capabilities.reset();
        return reply_type(session_access::make<Next>(std::move(c)));
    }

    template <class Connection, class Exchange>
    reply_type fail(Connection c, const Exchange& exchange, std::error_code ec, bool)
    {
        auto none = no_reply(detail::busy_with(exchange));
        if (is_fatal(ec))
            return reply_type(std::move(none));
        return {std::move(none), session_access::make<Back>(std::move(c))};
    }
};

/// What `token_login` and `start_tls` make of their end.
template <class Next, class Back>
struct enter {
    using reply_type = reply<Next, Back>;

    template <class Connection>
    reply_type succeed(Connection c)
    {
        c->capabilities.reset();
        return reply_type(session_access::make<Next>(std::move(c)));
    }

    template <class Connection>
    reply_type refuse(Connection c, refusal r)
    {
        r = detail::with_delay(*c, std::move(r));
        return {std::move(r), session_access::make<Back>(std::move(c))};
    }

    template <class Connection>
    reply_type fail(Connection c, std::error_code ec, const no_reply& why)
    {
        if (is_fatal(ec))
            return reply_type(why);
        return {why, session_access::make<Back>(std::move(c))};
    }
};

/// Finish of a pipeline: what was answered, also if the rest was not.
template <class Result>
struct pipelined : finish_defaults {
    using reply_type = Result;

    template <class Connection, class Exchange>
    reply_type succeed(const Connection&, Exchange& exchange)
    {
        return exchange.take();
    }

    template <class Connection, class Exchange>
    reply_type fail(const Connection&, Exchange& exchange, std::error_code, bool)
    {
        return exchange.take();
    }
};

template <class Command, class Stream>
struct pipelined_reply_of {
    using type = reply<typename Command::result_type>;
};

template <class Stream>
struct pipelined_reply_of<command::quit, Stream> {
    using type = reply<session<update, Stream>, session<transaction, Stream>>;
};

/// What is had of a command in a pipeline.
template <class Command, class Stream>
using pipelined_reply = typename pipelined_reply_of<Command, Stream>::type;

/// Finish of a piece of a message.
struct piece_received : finish_defaults {
    using reply_type = std::size_t;

    template <class Exchange>
    std::error_code outcome(const Exchange& exchange)
    {
        return exchange.at_end() ? make_error_code(asio::error::eof) : std::error_code();
    }

    template <class Connection, class Exchange>
    reply_type succeed(const Connection&, const Exchange& exchange)
    {
        return exchange.received();
    }

    template <class Connection>
    reply_type fail(const Connection&, const command::receive_piece&, std::error_code, bool)
    {
        return 0;
    }
};

/// Finish of QUIT in AUTHORIZATION: there is nothing to update (RFC 1939, section 6), and whatever the server says,
/// the session is over.
template <class Back>
struct quit_at_once : finish_defaults {
    using reply_type = reply<closed, Back>;
    static constexpr bool ends_session = true;

    template <class Connection, class Exchange>
    reply_type succeed(const Connection&, Exchange&)
    {
        return reply_type(closed());
    }

    template <class Connection, class Exchange>
    reply_type fail(Connection c, const Exchange&, std::error_code ec, bool)
    {
        auto none = no_reply(command::quit::verb);
        if (is_fatal(ec))
            return reply_type(std::move(none));
        return {std::move(none), session_access::make<Back>(std::move(c))};
    }
};

/// Finish of QUIT in TRANSACTION. A -ERR does not lead back: it says that not all deletions were carried out. If
/// the reply never comes there is a session in UPDATE beside the error, which says that it is not known.
template <class Stream>
struct quit_and_update : finish_defaults {
    using next = session<update, Stream>;
    using back = session<transaction, Stream>;
    using reply_type = reply<next, back>;
    static constexpr bool ends_session = true;

    template <class Connection, class Exchange>
    reply_type succeed(const Connection&, Exchange& exchange)
    {
        return read(exchange.take());
    }

    static reply_type read(reply<void> said)
    {
        if (!said)
            return reply_type(next(deletions::partly_failed, std::move(said).error()));
        return reply_type(next(deletions::committed));
    }

    template <class Connection, class Exchange>
    static reply_type fail(Connection c, const Exchange&, std::error_code ec, bool sent)
    {
        return unread(std::move(c), ec, sent);
    }

    /// There was no reply.
    template <class Connection>
    static reply_type unread(Connection c, std::error_code ec, bool sent)
    {
        auto none = no_reply(command::quit::verb);
        if (!is_fatal(ec))
            return {std::move(none), session_access::make<back>(std::move(c))};
        if (sent)
            return reply_type(next(deletions::unknown));
        return reply_type(std::move(none));
    }
};

/// Finish of a pipeline of `Commands`, the last of which is QUIT: what was answered until then, and what `quit_and_update`
/// makes of QUIT.
template <class Stream, class... Commands>
struct pipelined_quit : finish_defaults {
    using quit = quit_and_update<Stream>;
    using reply_type = std::tuple<pipelined_reply<Commands, Stream>...>;
    static constexpr bool ends_session = true;

    template <class Connection, class Exchange>
    reply_type succeed(Connection c, Exchange& exchange)
    {
        return fail(std::move(c), exchange, {}, true);
    }

    template <class Connection, class Exchange>
    reply_type fail(Connection c, Exchange& exchange, std::error_code ec, bool)
    {
        constexpr auto last = sizeof...(Commands) - 1;
        const bool sent = exchange.all_sent();
        auto said = exchange.take();
        auto update = std::get<last>(said).answered()
                          ? quit::read(std::get<last>(std::move(said)))
                          : quit::unread(std::move(c), ec ? ec : errc::session_closed, sent);
        return [&]<std::size_t... I>(std::index_sequence<I...>) {
            return reply_type(std::get<I>(std::move(said))..., std::move(update));
        }(std::make_index_sequence<last>());
    }
};

} // namespace pop3::detail
