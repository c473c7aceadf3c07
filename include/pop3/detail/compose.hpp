// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)
#pragma once

#include <pop3/completion.hpp>
#include <pop3/detail/operation.hpp>

#include <asio/any_io_executor.hpp>
#include <asio/associated_allocator.hpp>
#include <asio/associated_cancellation_slot.hpp>
#include <asio/associated_executor.hpp>
#include <asio/async_result.hpp>
#include <asio/dispatch.hpp>
#include <asio/execution/outstanding_work.hpp>
#include <asio/prefer.hpp>
#include <asio/recycling_allocator.hpp>
#include <asio/system_executor.hpp>

#include <concepts>
#include <cstddef>
#include <memory>
#include <new>
#include <system_error>
#include <type_traits>
#include <utility>

namespace pop3::detail {

/// Has an executor of its own, whichever is given as the one to fall back to.
template <class Handler>
concept has_executor = std::same_as<asio::associated_executor_t<Handler, asio::any_io_executor>,
                                    asio::associated_executor_t<Handler, asio::system_executor>>;

/// The executor of `handler`; empty if it has none.
template <class Handler>
asio::any_io_executor own_executor_of([[maybe_unused]] const Handler& handler)
{
    if constexpr (has_executor<Handler>)
        if constexpr (std::convertible_to<asio::associated_executor_t<Handler>, asio::any_io_executor>)
            return asio::get_associated_executor(handler);
    return {};
}

/// An executor that `any_io_executor` cannot hold, and that counts as work.
template <class Handler>
struct other_home {
    using executor = asio::associated_executor_t<Handler>;

    explicit other_home(const Handler& handler)
        : work(
              asio::prefer(asio::get_associated_executor(handler), asio::execution::outstanding_work.tracked))
    {
    }

    std::decay_t<decltype(asio::prefer(std::declval<executor>(), asio::execution::outstanding_work.tracked))>
        work;
};

struct no_other_home {
    template <class Handler>
    explicit no_other_home(const Handler&) noexcept
    {
    }
};

template <class Handler>
inline constexpr bool has_other_home =
    has_executor<Handler> &&
    !std::convertible_to<asio::associated_executor_t<Handler>, asio::any_io_executor>;

/// What a handler without an allocator gets is kept for the next one by the thread, as Asio does with its own.
template <class Allocator>
struct memory_of_handler {
    using type = Allocator;
};

template <class T>
struct memory_of_handler<std::allocator<T>> {
    using type = asio::recycling_allocator<T>;
};

template <class Handler, class T>
auto allocator_for([[maybe_unused]] const Handler& handler)
{
    using own = asio::associated_allocator_t<Handler>;
    using memory = typename memory_of_handler<own>::type;
    using rebound = typename std::allocator_traits<memory>::template rebind_alloc<T>;
    if constexpr (std::same_as<own, memory>)
        return rebound(asio::get_associated_allocator(handler));
    else
        return rebound();
}

/// An operation with its handler, in memory of that one's allocator.
template <class Operation, class Handler>
class operation_with final : public Operation {
public:
    /// Makes one, and does its first step. here: this is called where `io` runs.
    template <class... Args>
    static void launch_new(const asio::any_io_executor& io, bool here, Handler handler, Args&&... args)
    {
        auto memory = detail::allocator_for<Handler, operation_with>(handler);
        struct guard {
            ~guard()
            {
                if (octets)
                    from.deallocate(octets, 1);
            }
            decltype(memory)& from;
            operation_with* octets;
        };
        guard g{memory, memory.allocate(1)};
        auto* const made = ::new (static_cast<void*>(g.octets))
            operation_with(std::move(handler), std::forward<Args>(args)...);
        g.octets = nullptr;
        const Handler& h = made->handler_;
        operation::launch(operation_ptr(made), io, detail::own_executor_of(h),
                          asio::get_associated_cancellation_slot(h), here, has_other_home<Handler>);
    }

private:
    template <class... Args>
    explicit operation_with(Handler handler, Args&&... args)
        : Operation(std::forward<Args>(args)...), other_home_(handler), handler_(std::move(handler))
    {
    }

    ~operation_with() = default;

    void* allocate_more(std::size_t octets) override
    {
        return detail::allocator_for<Handler, std::max_align_t>(handler_).allocate(blocks(octets));
    }

    void deallocate_more(void* memory, std::size_t octets) noexcept override
    {
        detail::allocator_for<Handler, std::max_align_t>(handler_).deallocate(
            static_cast<std::max_align_t*>(memory), blocks(octets));
    }

    static constexpr std::size_t blocks(std::size_t octets) noexcept
    {
        return (octets + sizeof(std::max_align_t) - 1) / sizeof(std::max_align_t);
    }

    void destroy() noexcept override
    {
        auto memory = detail::allocator_for<Handler, operation_with>(handler_);
        [[maybe_unused]] const auto last =
            std::move(handler_); // the memory may be that of an operation that it owns
        this->~operation_with();
        memory.deallocate(this, 1);
    }

    void deliver() override
    {
        auto memory = detail::allocator_for<Handler, operation_with>(handler_);
        auto handler = std::move(handler_);
        auto results = this->take_results();
        this->~operation_with();
        memory.deallocate(this, 1);
        results.pass_to(handler);
    }

    void deliver_home() override
    {
        if constexpr (has_other_home<Handler>) {
            const auto work = other_home_.work;
            asio::dispatch(work, typename Operation::on_its_way(*this));
        } else {
            Operation::deliver_home();
        }
    }

    [[no_unique_address]] std::conditional_t<has_other_home<Handler>, other_home<Handler>, no_other_home>
        other_home_;
    Handler handler_;
};

/// What an operation completes with.
template <class... Results>
struct results;

template <>
struct results<std::error_code> {
    template <class Handler>
    void pass_to(Handler& handler)
    {
        std::move(handler)(error);
    }

    std::error_code error;
};

template <class Result>
struct results<std::error_code, Result> {
    template <class Handler>
    void pass_to(Handler& handler)
    {
        std::move(handler)(error, std::move(result));
    }

    std::error_code error;
    Result result;
};

/// An operation with the steps of `Implementation`, a function object as for `asio::async_compose`.
template <class Implementation, class Signature>
class composed;

template <class Implementation, class... Results>
class composed<Implementation, void(Results...)> : public operation {
public:
    using self_type = owner<composed>;

    void resume(std::error_code ec, std::size_t) override;

    template <class Result>
    void resume_with(self_type& self, std::error_code ec, Result&& result)
    {
        implementation_(self, ec, std::forward<Result>(result));
    }

    void set_results(Results... r)
    {
        results_ = {std::move(r)...};
    }

protected:
    explicit composed(Implementation implementation) : implementation_(std::move(implementation))
    {
    }

    results<Results...> take_results()
    {
        return std::move(results_);
    }

private:
    Implementation implementation_;
    results<Results...> results_{};
};

template <class Implementation, class... Results>
void composed<Implementation, void(Results...)>::resume(std::error_code ec, std::size_t)
{
    self_type::run(*this, [&](self_type& self) { implementation_(self, ec); });
}

/// Which operation `begin` is to make.
template <class Operation>
struct which {};

/// Begins an operation on `io`. One type for all of them: a token makes types of its own for each type that it is given here.
class begin {
public:
    /// For tokens that ask for it: `asio::cancel_after` has its timer there.
    using executor_type = executor_with_default_token;

    /// here: this is called where `io` runs.
    begin(const asio::any_io_executor& io, bool here) : io_(io), here_(here)
    {
    }

    executor_type get_executor() const noexcept
    {
        return executor_type(io_);
    }

    template <class Handler, class Operation, class... Args>
    void operator()(Handler&& handler, which<Operation>, Args&&... args) const
    {
        operation_with<Operation, std::decay_t<Handler>>::launch_new(
            io_, here_, std::forward<Handler>(handler), std::forward<Args>(args)...);
    }

private:
    asio::any_io_executor io_;
    bool here_;
};

/// io: if it is empty, that of the handler.
template <class Operation, class Signature, class Token, class... Args>
auto begin_on(const asio::any_io_executor& io, Token& token, Args&&... args)
{
    return asio::async_initiate<Token, Signature>(begin(io, false), token, which<Operation>(),
                                                  std::forward<Args>(args)...);
}

/// `asio::async_compose`, with the steps on `io`. To be called there.
template <class Token, class Signature, class Implementation>
auto compose_here(Implementation&& implementation, Token& token, const asio::any_io_executor& io)
{
    return asio::async_initiate<Token, Signature>(begin(io, true), token,
                                                  which<composed<std::decay_t<Implementation>, Signature>>(),
                                                  std::forward<Implementation>(implementation));
}

/// The same, to be called anywhere: the caller touches nothing that a step may touch.
template <class Token, class Signature, class Implementation>
auto compose(Implementation&& implementation, Token& token, const asio::any_io_executor& io)
{
    return detail::begin_on<composed<std::decay_t<Implementation>, Signature>, Signature>(
        io, token, std::forward<Implementation>(implementation));
}

} // namespace pop3::detail
