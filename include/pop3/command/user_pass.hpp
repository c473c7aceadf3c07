// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)
#pragma once

#include <pop3/command/any_exchange.hpp>
#include <pop3/command/command_line.hpp>
#include <pop3/command/exchange.hpp>
#include <pop3/command/pass.hpp>
#include <pop3/command/user.hpp>
#include <pop3/config.hpp>
#include <pop3/limits.hpp>
#include <pop3/password.hpp>
#include <pop3/reply.hpp>

#include <string_view>
#include <system_error>

namespace pop3::command {

/// USER and PASS as one exchange, without I/O. Both arguments are checked before the first is sent, and PASS is
/// sent only after USER was accepted.
class user_pass final : public any_exchange {
public:
    using result_type = void;

    explicit user_pass(const password& credentials)
        : user_(user(credentials.name())), pass_(pass(credentials.secret()))
    {
    }

    /// That of the two which it is about.
    std::string_view current_verb() const noexcept;

    POP3_DECL std::error_code(check)() override;

    POP3_DECL std::error_code write(command_line& line) override;

    POP3_DECL next consume(std::string_view& input, const limits& bounds, std::error_code& ec) override;

    reply<void> take();

private:
    exchange<user> user_;
    exchange<pass> pass_;
    bool named_ = false;
    bool cannot_send_pass_ = false;
};

} // namespace pop3::command

#if !defined(POP3_SEPARATE_COMPILATION)
#include <pop3/command/user_pass.ipp>
#endif
