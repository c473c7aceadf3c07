// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)
#pragma once

#include <pop3/config.hpp>
#include <pop3/detail/owned.hpp>
#include <pop3/limits.hpp>
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

/// A mechanism; which one is known when the program runs. A table of functions, not a `std::variant`: what uses it is compiled
/// once for all of them.
class any_mechanism {
public:
    /// It may be one that does.
    static constexpr bool reveals_secret = true;

    // In this order, or it would ask itself.
    template <class M>
        requires(!std::same_as<M, any_mechanism>) && mechanism<M>
    explicit any_mechanism(M m) : name(m.name), mechanism_(new held<M>(std::move(m)))
    {
    }

    bool speaks_first() const;

    std::error_code begin(octets& response);

    std::error_code respond(std::string_view challenge, octets& response, const limits& l);

    bool computing() const;

    std::error_code compute(octets& response);

    /// Goes on from what `before` has computed of the same password, if both do that.
    void take_over(any_mechanism& before);

    std::error_code finish(std::string_view data);

    void bind(const channel_binding& b, std::optional<bool> announced);

    std::string details() const;

    std::string_view name;

private:
    /// What a mechanism does that cannot do more than it must.
    struct base {
        virtual ~base() = default;
        virtual std::error_code respond(std::string_view challenge, octets& response, const limits& l) = 0;
        virtual bool speaks_first() const = 0;
        virtual std::error_code begin(octets& response) = 0;
        virtual bool computing() const = 0;
        virtual std::error_code compute(octets& response) = 0;
        virtual std::error_code finish(std::string_view data) = 0;
        virtual void bind(const channel_binding& b, std::optional<bool> announced) = 0;
        virtual std::string details() const = 0;
        /// Null if it computes none.
        virtual salted_password* salted() = 0;
    };

    template <class M>
    struct held final : base {
        explicit held(M m) : mechanism(std::move(m))
        {
        }

        std::error_code respond(std::string_view challenge, octets& response, const limits& l) override
        {
            return mechanism.respond(challenge, response, l);
        }

        bool speaks_first() const override
        {
            return begins<M>;
        }

        std::error_code begin([[maybe_unused]] octets& response) override
        {
            if constexpr (begins<M>)
                return mechanism.begin(response);
            else
                return {};
        }

        bool computing() const override
        {
            if constexpr (computes<M>)
                return mechanism.computing();
            else
                return false;
        }

        std::error_code compute([[maybe_unused]] octets& response) override
        {
            if constexpr (computes<M>)
                return mechanism.compute(response);
            else
                return {};
        }

        std::error_code finish([[maybe_unused]] std::string_view data) override
        {
            if constexpr (finishes<M>)
                return mechanism.finish(data);
            else
                return {};
        }

        void bind([[maybe_unused]] const channel_binding& b,
                  [[maybe_unused]] std::optional<bool> announced) override
        {
            if constexpr (binds<M>)
                mechanism.bind(b, announced);
        }

        std::string details() const override
        {
            if constexpr (explains<M>)
                return mechanism.details();
            else
                return {};
        }

        salted_password* salted() override
        {
            if constexpr (requires(M& m) {
                              { m.salted() } -> std::same_as<salted_password&>;
                          })
                return &mechanism.salted();
            else
                return nullptr;
        }

        M mechanism;
    };

    pop3::detail::boxed<base> mechanism_;
};

} // namespace pop3::sasl

#if !defined(POP3_SEPARATE_COMPILATION)
#include <pop3/sasl/any_mechanism.ipp>
#endif
