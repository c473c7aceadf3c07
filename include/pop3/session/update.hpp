// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)
#pragma once

#include <pop3/refusal.hpp>
#include <pop3/session/fwd.hpp>
#include <pop3/state.hpp>

#include <utility>

namespace pop3 {

/// What became of the messages that were marked as deleted.
enum class deletions {
    committed,     ///< The server said +OK: they are gone.
    partly_failed, ///< The server said -ERR: some of them may still be there (RFC 1939, section 6).
    unknown,       ///< QUIT was sent, but no reply came: find out by unique-id in the next session.
};

/// UPDATE: what `async_quit` of a TRANSACTION session completes with. The connection is closed; nothing can be
/// sent any more, and what the server said of the deletions is here.
template <class Stream>
class [[nodiscard("says whether the deletions were carried out")]] session<update, Stream> {
public:
    /// Its two template arguments.
    using state_type = update;
    using stream_type = Stream;

    session() = default;
    session(session&&) = default;
    session& operator=(session&&) = default;

    /// One of your own, in tests for example.
    explicit session(pop3::deletions d, refusal why = {}) : refusal_(std::move(why)), deletions_(d)
    {
    }

    /// What became of the messages that were marked as deleted.
    pop3::deletions deletions() const noexcept
    {
        return deletions_;
    }

    /// What the server said, if it said no.
    const pop3::refusal& refusal() const noexcept
    {
        return refusal_;
    }

    // clang-format off
    auto async_stat(...) const = delete; // STAT is a TRANSACTION command (RFC 1939 s.5): this session ended with async_quit(), connect again
    auto async_list(...) const = delete; // LIST is a TRANSACTION command (RFC 1939 s.5): this session ended with async_quit(), connect again
    auto async_uidl(...) const = delete; // UIDL is a TRANSACTION command (RFC 1939 s.7): this session ended with async_quit(), connect again
    auto async_retr(...) const = delete; // RETR is a TRANSACTION command (RFC 1939 s.5): this session ended with async_quit(), connect again
    auto async_top(...) const = delete;  // TOP is a TRANSACTION command (RFC 1939 s.7): this session ended with async_quit(), connect again
    auto async_receive(...) const = delete; // RETR is a TRANSACTION command (RFC 1939 s.5): this session ended with async_quit(), connect again
    auto async_pipeline(...) const = delete; // this session ended with async_quit(): connect again
    auto async_dele(...) const = delete; // DELE is a TRANSACTION command (RFC 1939 s.5): this session ended with async_quit(), connect again
    auto async_rset(...) const = delete; // RSET is a TRANSACTION command (RFC 1939 s.5): after async_quit() deletions cannot be undone
    auto async_noop(...) const = delete; // NOOP is a TRANSACTION command (RFC 1939 s.5): this session ended with async_quit(), connect again
    auto async_last(...) const = delete; // LAST is a TRANSACTION command (RFC 1460 s.5): this session ended with async_quit(), connect again
    auto async_capa(...) const = delete; // this session ended with async_quit(): connect again
    auto async_login(...) const = delete; // this session ended with async_quit(): connect again
    auto async_execute(...) const = delete; // this session ended with async_quit(): connect again
    auto async_quit(...) const = delete; // QUIT was sent already: the connection is closed
    // clang-format on

private:
    pop3::refusal refusal_;
    pop3::deletions deletions_ = pop3::deletions::unknown;
};

} // namespace pop3
