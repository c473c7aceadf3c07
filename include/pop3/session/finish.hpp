// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)
#pragma once

#include <pop3/detail/connection.hpp>
#include <pop3/error.hpp>
#include <pop3/refusal.hpp>
#include <pop3/reply.hpp>
#include <pop3/session/fwd.hpp>
#include <pop3/session/update.hpp>
#include <pop3/state.hpp>

#include <memory>
#include <system_error>
#include <utility>

namespace pop3::detail {

/// How the library itself makes a session of a connection.
struct session_access {
    template <class Session, class Stream>
    static Session make(std::shared_ptr<connection<Stream>> c)
    {
        return Session(std::move(c));
    }
};

// What `drive` makes of an exchange that ended: a reply, with the session in the state that it is in then.

/// Finish of a command that stays in its state.
template <class Result>
struct stay {
    using reply_type = reply<Result>;
    static constexpr bool ends_session = false;

    template <class Connection, class Exchange>
    reply_type succeed(const Connection&, Exchange& exchange)
    {
        return exchange.take();
    }

    template <class Connection>
    reply_type fail(const Connection&, std::error_code, bool)
    {
        return {};
    }
};

/// Finish of a command that leads to another state, or, if refused, to `Back`.
template <class Next, class Back>
struct leave {
    using reply_type = reply<Next, Back>;
    static constexpr bool ends_session = false;

    template <class Connection, class Exchange>
    reply_type succeed(Connection& c, Exchange& exchange)
    {
        auto said = exchange.take();
        if (!said)
            return {std::move(said).error(), session_access::make<Back>(std::move(c))};
        return reply_type(session_access::make<Next>(std::move(c)));
    }

    template <class Connection>
    reply_type fail(Connection& c, std::error_code ec, bool)
    {
        if (is_fatal(ec))
            return {};
        return {refusal(), session_access::make<Back>(std::move(c))};
    }
};

/// Finish of QUIT in AUTHORIZATION: there is nothing to update (RFC 1939, section 6), and whatever the server says,
/// the session is over.
template <class Back>
struct quit_at_once {
    using reply_type = reply<closed, Back>;
    static constexpr bool ends_session = true;

    template <class Connection, class Exchange>
    reply_type succeed(const Connection&, Exchange&)
    {
        return reply_type(closed());
    }

    template <class Connection>
    reply_type fail(Connection& c, std::error_code ec, bool)
    {
        if (is_fatal(ec))
            return {};
        return {refusal(), session_access::make<Back>(std::move(c))};
    }
};

/// Finish of QUIT in TRANSACTION. A -ERR does not lead back: it says that not all deletions were carried out. If
/// the reply never comes there is a session in UPDATE beside the error, which says that it is not known.
template <class Stream>
struct quit_and_update {
    using next = session<update, Stream>;
    using back = session<transaction, Stream>;
    using reply_type = reply<next, back>;
    static constexpr bool ends_session = true;

    template <class Connection, class Exchange>
    reply_type succeed(const Connection&, Exchange& exchange)
    {
        auto said = exchange.take();
        if (!said)
            return reply_type(next(deletions::partly_failed, std::move(said).error()));
        return reply_type(next(deletions::committed));
    }

    template <class Connection>
    reply_type fail(Connection& c, std::error_code ec, bool sent)
    {
        if (!is_fatal(ec))
            return {refusal(), session_access::make<back>(std::move(c))};
        if (sent)
            return reply_type(next(deletions::unknown));
        return {};
    }
};

} // namespace pop3::detail
