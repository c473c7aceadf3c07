// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <limits>

namespace pop3 {

/// What to do with a message that is larger than `at_most` says.
enum class too_large {
    skip,    ///< It stays on the server, and is reported in each run.
    headers, ///< Its header is delivered (TOP), and it stays on the server.
};

/// What to fetch, and when to delete it on the server. It is made by one of these, and refined by its members:
///
///     pop3::keep_on_server()
///     pop3::delete_after_delivery().at_most(50 << 20)
///     pop3::delete_after(std::chrono::days(14))
///     pop3::keep_newest(1000)
///     pop3::keep_on_server().headers_only()
///
/// Nothing is ever deleted that was not delivered whole.
class fetch_policy {
public:
    /// When what was delivered is deleted on the server.
    enum class deletion { never, at_once, by_age, but_newest };

    /// Larger messages than this many octets are left out.
    std::uint64_t most_octets() const noexcept
    {
        return most_octets_;
    }

    /// What becomes of messages with more octets than `most_octets`.
    too_large larger() const noexcept
    {
        return larger_;
    }

    /// Whether no more than headers is fetched.
    bool only_headers() const noexcept
    {
        return only_headers_;
    }

    /// When what was delivered is deleted.
    deletion deletes() const noexcept
    {
        return deletion_;
    }

    /// With `deletion::by_age`: how long after its delivery a message is deleted.
    std::chrono::seconds age() const noexcept
    {
        return age_;
    }

    /// With `deletion::but_newest`: how many are kept.
    std::size_t newest() const noexcept
    {
        return newest_;
    }

    /// False if it asks for what cannot be: an age below zero. Then `async_fetch` completes with
    /// `fetch_errc::invalid_policy`, and nothing is sent.
    bool valid() const noexcept
    {
        return age_ >= std::chrono::seconds::zero();
    }

protected:
    fetch_policy() = default;

    std::uint64_t most_octets_ = (std::numeric_limits<std::uint64_t>::max)();
    std::chrono::seconds age_{};
    std::size_t newest_ = 0;
    too_large larger_ = too_large::skip;
    deletion deletion_ = deletion::never;
    bool only_headers_ = false;
};

/// Deletes nothing.
class keep_policy : public fetch_policy {
public:
    /// Leaves out what is larger than so many octets, as the server counts them.
    keep_policy at_most(std::uint64_t octets, too_large larger = too_large::skip) const noexcept
    {
        auto p = *this;
        p.most_octets_ = octets;
        p.larger_ = larger;
        return p;
    }

    /// Delivers the header of each message, and no more (TOP n 0).
    keep_policy headers_only() const noexcept
    {
        auto p = *this;
        p.only_headers_ = true;
        return p;
    }

private:
    friend keep_policy keep_on_server() noexcept;

    keep_policy() = default;
};

/// Deletes what is delivered, sooner or later. So it has no `headers_only`: that would lose the rest.
class deletion_policy : public fetch_policy {
public:
    /// Leaves out what is larger than so many octets, as the server counts them. It is not deleted.
    deletion_policy at_most(std::uint64_t octets, too_large larger = too_large::skip) const noexcept
    {
        auto p = *this;
        p.most_octets_ = octets;
        p.larger_ = larger;
        return p;
    }

private:
    friend deletion_policy delete_after_delivery() noexcept;
    friend deletion_policy delete_after(std::chrono::seconds) noexcept;
    friend deletion_policy keep_newest(std::size_t) noexcept;

    explicit deletion_policy(deletion when) noexcept
    {
        deletion_ = when;
    }
};

/// All messages stay on the server.
inline keep_policy keep_on_server() noexcept
{
    return keep_policy();
}

/// Deletes each message when it is delivered, and those that were delivered before.
inline deletion_policy delete_after_delivery() noexcept
{
    return deletion_policy(fetch_policy::deletion::at_once);
}

/// Deletes a message when its delivery is so long ago: `delete_after(std::chrono::days(14))`. Zero or more.
inline deletion_policy delete_after(std::chrono::seconds age) noexcept
{
    deletion_policy p(fetch_policy::deletion::by_age);
    p.age_ = age;
    return p;
}

/// Deletes what is delivered but for so many messages: those with the highest numbers, which came last.
inline deletion_policy keep_newest(std::size_t count) noexcept
{
    deletion_policy p(fetch_policy::deletion::but_newest);
    p.newest_ = count;
    return p;
}

} // namespace pop3
