// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)

#include <pop3/pop3.hpp>

#include <asio/awaitable.hpp>

#include <string_view>
#include <utility>

/// Leaves TRANSACTION.
class leave {
public:
    static constexpr std::string_view verb = "XLEAVE";
    static constexpr pop3::reply_shape shape = pop3::reply_shape::single_line;
    using result_type = void;
    using permitted_in = pop3::states<pop3::transaction>;
#ifndef POP3_CONTROL
    using on_ok = pop3::authorization;
    using on_refusal = pop3::transaction;
#endif

    void write(pop3::command::command_line& line) const
    {
        line.verb(verb);
    }
};

asio::awaitable<void> ask(pop3::session<pop3::transaction> mailbox)
{
    auto [left, stat] = co_await mailbox.async_pipeline(leave(), pop3::command::stat());
    (void)left;
    (void)stat;
}

// error(gcc): error: use of deleted function 'auto pop3::session<pop3::transaction, Stream>::async_pipeline(
// error(clang): error: function 'async_pipeline
// error(clang): 1 error generated.
// error: what may be pipelined: commands of TRANSACTION that stay there
