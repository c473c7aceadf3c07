// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)
#pragma once

#include <pop3/capabilities.hpp>
#include <pop3/command/any_exchange.hpp>
#include <pop3/command/capa.hpp>
#include <pop3/command/command_line.hpp>
#include <pop3/command/exchange.hpp>
#include <pop3/command/stls.hpp>
#include <pop3/config.hpp>
#include <pop3/limits.hpp>
#include <pop3/reply.hpp>
#include <pop3/stls_policy.hpp>

#include <optional>
#include <string_view>
#include <system_error>
#include <utility>

namespace pop3::command {

/// CAPA if need be, and STLS, as one exchange without I/O.
class start_tls final : public any_exchange {
public:
    using result_type = void;

    /// known: what the server can do, if it was asked already.
    start_tls(stls_policy policy, std::optional<capabilities> known)
        : known_(std::move(known)), asking_(policy == stls_policy::if_offered && !known_),
          insists_(policy == stls_policy::insist)
    {
    }

    /// That of the two which it is about.
    std::string_view current_verb() const noexcept;

    POP3_DECL std::error_code(check)() override;

    POP3_DECL std::error_code write(command_line& line) override;

    POP3_DECL next consume(std::string_view& input, const limits& bounds, std::error_code& ec) override;

    reply<void> take();

    /// What the server said that it can do; nothing if it was not asked.
    const std::optional<capabilities>& known() const noexcept override
    {
        return known_;
    }

private:
    bool offered() const noexcept;

    std::optional<capabilities> known_;
    exchange<capa> capa_ = exchange<capa>(capa());
    exchange<stls> stls_ = exchange<stls>(stls());
    bool asking_;
    bool insists_;
};

} // namespace pop3::command

#if !defined(POP3_SEPARATE_COMPILATION)
#include <pop3/command/start_tls.ipp>
#endif
