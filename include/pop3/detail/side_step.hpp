// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)
#pragma once

#include <pop3/config.hpp>
#include <pop3/detail/operation.hpp>

#include <asio/any_io_executor.hpp>
#include <asio/cancellation_signal.hpp>
#include <asio/recycling_allocator.hpp>

#include <cstddef>
#include <new>
#include <system_error>

namespace pop3::detail {

/// What is waited for beside the operation: several go on at once while it connects. Asio is given a `step` that owns it, as it is
/// of operations: the compiler has what that takes in any case.
class side_step : public operation {
public:
    void resume(std::error_code ec, std::size_t octets) final
    {
        done(ec, octets);
        delete this;
    }

    void destroy() noexcept final
    {
        dropped();
        delete this;
    }

    void deliver() final
    {
        destroy();
    }

    // As Asio does with what it keeps of a handler: over a stream of the user's own there is one for each line that is sent.

    static void* operator new(std::size_t octets)
    {
        return asio::recycling_allocator<unsigned char>().allocate(octets);
    }

    static void operator delete(void* memory, std::size_t octets)
    {
        asio::recycling_allocator<unsigned char>().deallocate(static_cast<unsigned char*>(memory), octets);
    }

protected:
    explicit side_step(const asio::any_io_executor& executor)
    {
        settle(executor, {}, {}, false);
    }

    virtual ~side_step() = default;

private:
    virtual void done(std::error_code ec, std::size_t octets) noexcept = 0;

    /// Asio has no memory to call it, or the context goes.
    virtual void dropped() noexcept = 0;

    void* allocate_more(std::size_t octets) final
    {
        return ::operator new(octets);
    }

    void deallocate_more(void* memory, std::size_t) noexcept final
    {
        ::operator delete(memory);
    }
};

} // namespace pop3::detail
