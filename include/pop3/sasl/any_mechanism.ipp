// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)
#pragma once

#include <pop3/config.hpp>
#include <pop3/limits.hpp>
#include <pop3/sasl/any_mechanism.hpp>
#include <pop3/sasl/channel_binding.hpp>
#include <pop3/sasl/mechanism.hpp>
#include <pop3/sasl/salted_password.hpp>

#include <concepts>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>

namespace pop3::sasl {

POP3_DECL bool any_mechanism::speaks_first() const
{
    return mechanism_->speaks_first();
}

POP3_DECL std::error_code any_mechanism::begin(octets& response)
{
    return mechanism_->begin(response);
}

POP3_DECL std::error_code any_mechanism::respond(std::string_view challenge, octets& response,
                                                 const limits& l)
{
    return mechanism_->respond(challenge, response, l);
}

POP3_DECL bool any_mechanism::computing() const
{
    return mechanism_->computing();
}

POP3_DECL std::error_code any_mechanism::compute(octets& response)
{
    return mechanism_->compute(response);
}

POP3_DECL void any_mechanism::take_over(any_mechanism& before)
{
    auto* const from = before.mechanism_->salted();
    auto* const to = mechanism_->salted();
    if (from != nullptr && to != nullptr)
        *to = std::move(*from);
}

POP3_DECL std::error_code any_mechanism::finish(std::string_view data)
{
    return mechanism_->finish(data);
}

POP3_DECL void any_mechanism::bind(const channel_binding& b, std::optional<bool> announced)
{
    mechanism_->bind(b, announced);
}

POP3_DECL std::string any_mechanism::details() const
{
    return mechanism_->details();
}

} // namespace pop3::sasl
