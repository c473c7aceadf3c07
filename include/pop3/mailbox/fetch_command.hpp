// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)
#pragma once

#include <pop3/command/command_line.hpp>
#include <pop3/command/concept.hpp>
#include <pop3/delivery.hpp>
#include <pop3/error.hpp>
#include <pop3/flow.hpp>
#include <pop3/limits.hpp>
#include <pop3/mailbox/fetch_job.hpp>
#include <pop3/state.hpp>

#include <cstddef>
#include <iterator>
#include <span>
#include <string_view>
#include <system_error>

namespace pop3::detail {

/// RETR, or TOP n 0, of a message that a job wants; its octets go to the job.
class fetch_command {
public:
    static constexpr std::string_view verb = "RETR";
    static constexpr reply_shape shape = reply_shape::octets;
    using result_type = delivery;
    using permitted_in = states<transaction>;

    fetch_command(fetch_job& job, fetch_job::item which) noexcept : job_(&job), which_(which)
    {
    }

    void write(command::command_line& line) const
    {
        if (job_->headers(which_))
            line.verb("TOP").argument(job_->number(which_)).number(0);
        else
            line.verb(verb).argument(job_->number(which_));
    }

    std::error_code read_octets(std::span<const char> piece, delivery& into, const limits& bounds)
    {
        if (piece.size() > bounds.streamed_octets - into.octets)
            return errc::streamed_octets_limit;
        into.octets += piece.size();
        wanted_ = job_->piece(which_, piece);
        return {};
    }

    flow wanted() const noexcept
    {
        return wanted_;
    }

private:
    fetch_job* job_;
    fetch_job::item which_;
    flow wanted_ = flow::more;
};

/// The messages that a job wants, as commands that are made when they can be sent: by then it may want no more.
class fetch_commands {
public:
    class iterator {
    public:
        using value_type = fetch_command;
        using difference_type = std::ptrdiff_t;

        iterator() = default;

        explicit iterator(fetch_job& job) noexcept : job_(&job)
        {
        }

        fetch_command operator*() const noexcept
        {
            return {*job_, job_->next()};
        }

        iterator& operator++() noexcept
        {
            job_->asked();
            return *this;
        }

        void operator++(int) noexcept
        {
            ++*this;
        }

        friend bool operator==(const iterator& i, std::default_sentinel_t)
        {
            return !i.job_->wants_more();
        }

    private:
        fetch_job* job_ = nullptr;
    };

    explicit fetch_commands(fetch_job& job) noexcept : job_(&job)
    {
    }

    iterator begin()
    {
        return iterator(*job_);
    }

    std::default_sentinel_t end() const noexcept
    {
        return {};
    }

private:
    fetch_job* job_;
};

} // namespace pop3::detail
