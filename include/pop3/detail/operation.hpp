// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)
#pragma once

#include <pop3/config.hpp>
#include <pop3/detail/owned.hpp>

#include <asio/any_io_executor.hpp>
#include <asio/cancellation_signal.hpp>
#include <asio/cancellation_state.hpp>
#include <asio/cancellation_type.hpp>

#include <cstddef>
#include <memory>
#include <system_error>
#include <utility>

namespace pop3::detail {

class operation;

inline void destroy_operation(operation* o) noexcept;

using operation_ptr = owned<operation, &destroy_operation>;

/// An operation that is under way. What it does is in a class derived from this one, which knows nothing of the handler; the
/// handler is in `operation_with`. So what runs is compiled once, and not for each handler.
///
/// It runs on the executor of a stream. (Asio runs the steps of a composed operation on the executor of the handler, which
/// need not be where the I/O is: that of `use_future` is any thread of the system's.) Only the completion goes to the
/// handler's own.
class operation {
public:
    operation(const operation&) = delete;
    operation& operator=(const operation&) = delete;

    const asio::any_io_executor& executor() const noexcept
    {
        return io_;
    }

    asio::cancellation_slot slot() const noexcept
    {
        return cancellation_.slot();
    }

    bool cancelled() const noexcept
    {
        return cancellation_.cancelled() != asio::cancellation_type::none;
    }

    /// Goes on, when a step is done: `ec`, and how many octets it transferred if it did that.
    virtual void resume(std::error_code ec, std::size_t octets) = 0;

    /// The same, or, if this was the way to the handler's executor, calls it.
    void step_done(std::error_code ec, std::size_t octets)
    {
        if (going_home_)
            deliver();
        else
            resume(ec, octets);
    }

    /// Memory for a step: of the operation's own, or, if that is not enough, of the handler's allocator.
    void* allocate(std::size_t octets)
    {
        if (step_memory_used_ || octets > sizeof step_memory_)
            return allocate_more(octets);
        step_memory_used_ = true;
        return step_memory_;
    }

    void deallocate(void* memory, std::size_t octets) noexcept
    {
        if (memory == step_memory_)
            step_memory_used_ = false;
        else
            deallocate_more(memory, octets);
    }

    /// Ends without a call of the handler, as when the context goes.
    virtual void destroy() noexcept = 0;

    /// Gives the memory back, and calls the handler.
    virtual void deliver() = 0;

    /// The same, on the handler's executor.
    POP3_DECL virtual void deliver_home();

protected:
    operation() = default;
    ~operation() = default;

    /// Does the first step. io: what it runs on; empty if that is `home`. home: what the handler runs on; empty if on the same.
    /// here: this is called where it runs. elsewhere: the handler runs on what `home` cannot hold.
    static void launch(operation_ptr o, const asio::any_io_executor& io, const asio::any_io_executor& home,
                       asio::cancellation_slot from, bool here, bool elsewhere);

    /// Without a first step. here: this is called where it runs, and where the handler is called.
    void settle(const asio::any_io_executor& io, const asio::any_io_executor& home,
                asio::cancellation_slot from, bool here);

    /// Owns what is delivered somewhere else.
    class on_its_way {
    public:
        explicit on_its_way(operation& o) noexcept : operation_(&o)
        {
        }

        void operator()()
        {
            operation_.release()->deliver();
        }

    private:
        operation_ptr operation_;
    };

private:
    virtual void* allocate_more(std::size_t octets) = 0;
    virtual void deallocate_more(void* memory, std::size_t octets) noexcept = 0;

    /// What Asio needs to wait for a socket.
    alignas(std::max_align_t) unsigned char step_memory_[208];
    bool step_memory_used_ = false;
    bool going_home_ = false;
    asio::any_io_executor io_;
    asio::any_io_executor home_;
    std::shared_ptr<asio::cancellation_signal> relay_;
    asio::cancellation_state cancellation_;
};

inline void destroy_operation(operation* o) noexcept
{
    o->destroy();
}

/// Allocates for one step of an operation.
template <class T>
class step_allocator {
public:
    using value_type = T;

    explicit step_allocator(operation* o) noexcept : operation_(o)
    {
    }

    template <class U>
    step_allocator(const step_allocator<U>& other) noexcept : operation_(other.operation_)
    {
    }

    T* allocate(std::size_t n)
    {
        static_assert(alignof(T) <= alignof(std::max_align_t));
        return static_cast<T*>(operation_->allocate(n * sizeof(T)));
    }

    void deallocate(T* memory, std::size_t n) noexcept
    {
        // Where Asio has no memory to go on with it drops the handler, and the operation with it, before the memory of the step.
        if (operation_ != nullptr)
            operation_->deallocate(memory, n * sizeof(T));
    }

    template <class U>
    friend bool operator==(const step_allocator& a, const step_allocator<U>& b) noexcept
    {
        return a.operation_ == b.operation_;
    }

private:
    template <class>
    friend class step_allocator;

    operation* operation_;
};

/// Owns an operation, and is the handler of a step of it, whichever it is.
class step {
public:
    using executor_type = asio::any_io_executor;
    using allocator_type = step_allocator<void>;
    using cancellation_slot_type = asio::cancellation_slot;

    explicit step(operation_ptr o) noexcept : operation_(std::move(o))
    {
    }

    // Asio asks for these also when it has moved the handler on, and then uses none.

    executor_type get_executor() const noexcept
    {
        return operation_ ? operation_->executor() : executor_type();
    }

    allocator_type get_allocator() const noexcept
    {
        return step_allocator<void>(operation_.get());
    }

    cancellation_slot_type get_cancellation_slot() const noexcept
    {
        return operation_ ? operation_->slot() : cancellation_slot_type();
    }

    void operator()(std::error_code ec = {}, std::size_t octets = 0)
    {
        operation_.release()->step_done(ec, octets);
    }

    /// Goes on with what this thread did before: no other needs to be woken.
    friend bool asio_handler_is_continuation(step*) noexcept
    {
        return true;
    }

protected:
    operation_ptr operation_;
};

/// Does the step later, when this function and those around it have returned.
void post(step next);

/// Does the first step of an operation, where it runs.
void start(step first);

/// What a step of an `Operation` is done with, as long as that owns it. It is passed on to the next step, or says with what to
/// complete; nothing of the operation is touched after that, since both may end it. It is also the handler of another
/// operation that this one begins, when it ends with more than an error.
template <class Operation>
class owner : public step {
public:
    explicit owner(Operation& o) noexcept : step(operation_ptr(&o))
    {
    }

    /// False if it was passed on.
    bool owns() const noexcept
    {
        return operation_ != nullptr;
    }

    bool cancelled() const noexcept
    {
        return operation_->cancelled();
    }

    /// The handler of the next step.
    step next() && noexcept
    {
        return step(std::move(operation_));
    }

    /// Does one: calls `f(owner&)`.
    template <class F>
    static void run(Operation& o, F&& f)
    {
        owner self(o);
        f(self);
        if (self.completed_)
            self.operation_.release()->deliver_home();
    }

    template <class Result>
    void operator()(std::error_code ec, Result result)
    {
        auto& o = static_cast<Operation&>(*operation_.release());
        run(o, [&](owner& self) { o.resume_with(self, ec, std::move(result)); });
    }

    /// The handler is called when the step has returned.
    template <class... Result>
    void complete(std::error_code ec, Result&&... result)
    {
        static_cast<Operation*>(operation_.get())->set_results(ec, std::forward<Result>(result)...);
        completed_ = true;
    }

    /// The same, if the operation has what it completes with.
    void complete() noexcept
    {
        completed_ = true;
    }

private:
    bool completed_ = false;
};

} // namespace pop3::detail

#if !defined(POP3_SEPARATE_COMPILATION)
#include <pop3/detail/operation.ipp>
#endif
