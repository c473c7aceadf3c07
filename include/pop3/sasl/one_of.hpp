// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)
#pragma once

#include <pop3/limits.hpp>
#include <pop3/sasl/channel_binding.hpp>
#include <pop3/sasl/mechanism.hpp>
#include <pop3/sasl/salted_password.hpp>

#include <concepts>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>
#include <type_traits>
#include <utility>
#include <variant>

namespace pop3::sasl {

/// A mechanism that is one of several: which one is known when the program runs.
template <mechanism... Mechanism>
class one_of {
public:
    static constexpr bool reveals_secret = (sasl::reveals_secret<Mechanism> || ...);

    template <class M>
        requires(std::same_as<M, Mechanism> || ...)
    explicit one_of(M m) : name(m.name), mechanism_(std::move(m))
    {
    }

    bool speaks_first() const
    {
        return std::visit([]<class M>(const M&) { return begins<M>; }, mechanism_);
    }

    std::error_code begin(octets& response)
    {
        return std::visit(
            [&]<class M>([[maybe_unused]] M& m) -> std::error_code {
                if constexpr (begins<M>)
                    return m.begin(response);
                else
                    return {};
            },
            mechanism_);
    }

    std::error_code respond(std::string_view challenge, octets& response, const limits& l)
    {
        return std::visit([&](auto& m) { return m.respond(challenge, response, l); }, mechanism_);
    }

    bool computing() const
        requires(computes<Mechanism> || ...)
    {
        return std::visit(
            []<class M>([[maybe_unused]] const M& m) {
                if constexpr (computes<M>)
                    return m.computing();
                else
                    return false;
            },
            mechanism_);
    }

    std::error_code compute(octets& response)
        requires(computes<Mechanism> || ...)
    {
        return std::visit(
            [&]<class M>([[maybe_unused]] M& m) -> std::error_code {
                if constexpr (computes<M>)
                    return m.compute(response);
                else
                    return {};
            },
            mechanism_);
    }

    /// Goes on from what `before` has computed of the same password, if both do that.
    void take_over([[maybe_unused]] one_of& before)
    {
        auto* const from = before.salted();
        auto* const to = salted();
        if (from != nullptr && to != nullptr)
            *to = std::move(*from);
    }

    std::error_code finish(std::string_view data)
    {
        return std::visit(
            [&]<class M>([[maybe_unused]] M& m) -> std::error_code {
                if constexpr (finishes<M>)
                    return m.finish(data);
                else
                    return {};
            },
            mechanism_);
    }

    void bind(const channel_binding& b, std::optional<bool> announced)
    {
        std::visit(
            [&]<class M>([[maybe_unused]] M& m) {
                if constexpr (binds<M>)
                    m.bind(b, announced);
            },
            mechanism_);
    }

    std::string details() const
    {
        return std::visit(
            []<class M>([[maybe_unused]] const M& m) -> std::string {
                if constexpr (explains<M>)
                    return m.details();
                else
                    return {};
            },
            mechanism_);
    }

    std::string_view name;

private:
    /// Null if it computes none.
    salted_password* salted()
    {
        return std::visit(
            []<class M>([[maybe_unused]] M& m) -> salted_password* {
                if constexpr (requires {
                                  { m.salted() } -> std::same_as<salted_password&>;
                              })
                    return &m.salted();
                else
                    return nullptr;
            },
            mechanism_);
    }

    std::variant<Mechanism...> mechanism_;
};

} // namespace pop3::sasl
