// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)
#pragma once

namespace pop3::command {

/// Whether the operation was called off while it reads: by a function of the user's, which is not called again then.
class stop_check {
public:
    stop_check() = default;

    /// stopped: is passed `context`, which must live as long as this is asked.
    stop_check(bool (*stopped)(const void*), const void* context) noexcept
        : stopped_(stopped), context_(context)
    {
    }

    bool operator()() const
    {
        return stopped_ != nullptr && stopped_(context_);
    }

private:
    bool (*stopped_)(const void*) = nullptr;
    const void* context_ = nullptr;
};

} // namespace pop3::command
