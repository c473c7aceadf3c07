// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)
#pragma once

// Drives a SASL mechanism by hand.

#include <pop3/error.hpp>
#include <pop3/limits.hpp>
#include <pop3/sasl/mechanism.hpp>

#include <doctest/doctest.h>

#include <ostream>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

namespace test {

/// What a mechanism answers.
struct answer {
    std::error_code error;
    std::string response;

    friend bool operator==(const answer&, const answer&) = default;

    friend std::ostream& operator<<(std::ostream& out, const answer& a)
    {
        return out << a.error.message() << " / " << a.response;
    }
};

inline answer says(std::string_view response)
{
    return {{}, std::string(response)};
}

/// What is in the response then is not sent.
inline answer fails(std::error_code error)
{
    return {error, {}};
}

template <class Mechanism>
answer begin(Mechanism& m)
{
    pop3::sasl::octets response;
    const auto error = m.begin(response);
    return {error, error ? std::string() : std::string(response.begin(), response.end())};
}

/// The challenge is in memory of its own, which is as large as it and then gone: AddressSanitizer sees who reads past
/// it, or later.
template <class Mechanism>
answer respond(Mechanism& m, std::string_view challenge, const pop3::limits& bounds = {})
{
    pop3::sasl::octets response;
    const std::vector<char> octets(challenge.begin(), challenge.end());
    auto error = m.respond({octets.data(), octets.size()}, response, bounds);
    if constexpr (pop3::sasl::computes<Mechanism>)
        while (!error && m.computing()) {
            CHECK(response.empty());
            error = m.compute(response);
        }
    return {error, error ? std::string() : std::string(response.begin(), response.end())};
}

} // namespace test
