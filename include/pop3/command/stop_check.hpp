// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)
#pragma once

namespace pop3::command {

/// Whether the operation was called off while it reads: by a function of the user's, which is not called again then.
class stop_check {
public:
    stop_check() = default;

    /// closed: that the connection is. cancelled: is passed `context`, and asked as well if it is not null. All must live as
    /// long as this is asked.
    stop_check(const bool& closed, bool (*cancelled)(const void*), const void* context) noexcept
        : closed_(&closed), cancelled_(cancelled), context_(context)
    {
    }

    bool operator()() const
    {
        return *closed_ || (cancelled_ != nullptr && cancelled_(context_));
    }

private:
    static constexpr bool never = false;

    const bool* closed_ = &never;
    bool (*cancelled_)(const void*) = nullptr;
    const void* context_ = nullptr;
};

} // namespace pop3::command
