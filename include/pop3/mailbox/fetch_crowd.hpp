// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)
#pragma once

#include <pop3/config.hpp>
#include <pop3/mailbox/fetch_all_options.hpp>
#include <pop3/mailbox/fetch_schedule.hpp>
#include <pop3/mailbox/fetch_task.hpp>

#include <asio/any_io_executor.hpp>
#include <asio/cancellation_signal.hpp>
#include <asio/steady_timer.hpp>

#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <system_error>
#include <unordered_map>
#include <utility>

namespace pop3::detail {

/// Many fetches at a time. All of it, and they, run on one executor, one step after the other. Who wants to know when all are done
/// waits for the timer.
class fetch_crowd : public std::enable_shared_from_this<fetch_crowd> {
public:
    using source = std::function<std::optional<fetch_task>()>;

    fetch_crowd(const asio::any_io_executor& executor, source next, fetch_all_options options);

    /// Begins those that may begin, and sets the timer. Also to be called when that is over.
    void go_on();

    /// Ends those that have begun, and begins no more.
    void cancel();

    bool done() const noexcept
    {
        return ended_ && schedule_.empty();
    }

    const std::shared_ptr<asio::steady_timer>& timer() const noexcept
    {
        return timer_;
    }

    std::error_code error() const noexcept
    {
        return error_;
    }

    fetch_summary take_summary() noexcept
    {
        return std::move(summary_);
    }

private:
    struct member {
        std::shared_ptr<any_fetch> fetch;
        std::shared_ptr<asio::cancellation_signal> stop; // of one that has begun
    };

    void fill();
    void start(fetch_schedule::id which);
    void put_back(fetch_schedule::id which);
    void ended(fetch_schedule::id which, fetch_report report);
    void give_up(fetch_schedule::id which, std::error_code why);
    void note(fetch_report report);
    void begin_no_more(std::error_code why);

    asio::any_io_executor executor_;
    source next_;
    fetch_all_options options_;
    fetch_schedule schedule_;
    std::unordered_map<fetch_schedule::id, member> members_;
    std::shared_ptr<asio::steady_timer> timer_;
    fetch_summary summary_;
    std::error_code error_;
    fetch_schedule::id count_ = 0;
    bool ended_ = false; // the source has no more
    bool goes_on_ = false;
};

} // namespace pop3::detail

#if !defined(POP3_SEPARATE_COMPILATION)
#include <pop3/mailbox/fetch_crowd.ipp>
#endif
