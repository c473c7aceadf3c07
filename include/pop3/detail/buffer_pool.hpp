// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)
#pragma once

#include <pop3/config.hpp>
#include <pop3/detail/owned.hpp>

#include <asio/any_io_executor.hpp>
#include <asio/execution/context.hpp>
#include <asio/execution_context.hpp>
#include <asio/query.hpp>

#include <cstddef>
#include <mutex>
#include <utility>

namespace pop3::detail {

/// The plaintext of a TLS record behind the start of a line, and what is read from a socket at once: measured, larger is no
/// faster.
enum class buffer_size : std::size_t { record = 16384 + 512, bulk = 262144 };

/// Buffers that are in use only while data flows. One pool for each execution context, so that any number of sessions that
/// wait share the few that those need which just run.
class buffer_pool : public asio::execution_context::service {
public:
    using key_type = buffer_pool;
    static inline asio::execution_context::id id;

    explicit buffer_pool(asio::execution_context& context) : asio::execution_context::service(context)
    {
    }

    /// That of the context in which `executor` runs things.
    static buffer_pool& of(const asio::any_io_executor& executor)
    {
        return asio::use_service<buffer_pool>(asio::query(executor, asio::execution::context));
    }

    boxed_array<char> take(buffer_size size)
    {
        {
            const std::lock_guard lock(mutex_);
            auto& spare = spares(size);
            if (spare.count != 0)
                return std::move(spare.buffers[--spare.count]);
        }
        return boxed_array<char>(new char[static_cast<std::size_t>(size)]);
    }

    void give_back(boxed_array<char> buffer, buffer_size size) noexcept
    {
        const std::lock_guard lock(mutex_);
        auto& spare = spares(size);
        if (spare.count != max_spares)
            spare.buffers[spare.count++] = std::move(buffer);
    }

private:
    // As many as there may be threads that run sessions; what is above goes back to the system.
    static constexpr std::size_t max_spares = 4;

    struct spares_of_size {
        boxed_array<char> buffers[max_spares];
        std::size_t count = 0;
    };

    spares_of_size& spares(buffer_size size) noexcept
    {
        return size == buffer_size::record ? records_ : bulks_;
    }

    void shutdown() noexcept override
    {
    }

    std::mutex mutex_;
    spares_of_size records_;
    spares_of_size bulks_;
};

/// A buffer of a pool, for as long as it is needed.
class lent_buffer {
public:
    explicit lent_buffer(buffer_pool& pool) noexcept : pool_(&pool)
    {
    }

    lent_buffer(const lent_buffer&) = delete;
    lent_buffer& operator=(const lent_buffer&) = delete;

    ~lent_buffer()
    {
        give_back();
    }

    /// Gets one, if there is none.
    void take(buffer_size size)
    {
        if (octets_)
            return;
        octets_ = pool_->take(size);
        size_ = size;
    }

    void give_back() noexcept
    {
        if (octets_)
            pool_->give_back(std::move(octets_), size_);
    }

    /// Null if there is none.
    char* data() const noexcept
    {
        return octets_.get();
    }

    std::size_t size() const noexcept
    {
        return octets_ ? static_cast<std::size_t>(size_) : 0;
    }

private:
    buffer_pool* pool_;
    boxed_array<char> octets_;
    buffer_size size_ = buffer_size::record;
};

} // namespace pop3::detail
