// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)
#pragma once

#include <pop3/config.hpp>
#include <pop3/detail/owned.hpp>
#include <pop3/error.hpp>
#include <pop3/printable.hpp>
#include <pop3/refusal.hpp>
#include <pop3/throw_error.hpp>

#include <exception>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>

namespace pop3::detail {

/// Why a reply has neither a value nor a refusal, as far as it is known.
struct no_reply {
    no_reply() = default;

    /// command: its keyword. why: its +OK cannot be read, if there was one (in pipelines).
    explicit no_reply(std::string_view command, std::error_code why = {}) : error(why), verb(command)
    {
    }

    std::error_code error;
    std::string verb;
    std::string notice;
    std::exception_ptr thrown;
};

inline const refusal& empty_refusal() noexcept
{
    static const refusal none;
    return none;
}

#if defined(POP3_NO_EXCEPTIONS)

[[noreturn]] inline void throw_no_value(const refusal& r)
{
    end_program("the value of a reply was asked for, but there is none: " + to_string(r));
}

[[noreturn]] inline void throw_no_value(const no_reply& r)
{
    throw_error(r.error ? r.error : make_error_code(errc::no_reply),
                "the value of a reply was asked for, but there is none");
}

#else

[[noreturn]] inline void throw_no_value(const refusal& r)
{
    throw refused(r);
}

[[noreturn]] inline void throw_no_value(const no_reply& r)
{
    if (r.thrown)
        std::rethrow_exception(r.thrown);
    const auto error = r.error ? r.error : make_error_code(errc::no_reply);
    if (r.verb.empty())
        throw_error(error);
    throw_error(error, r.verb);
}

#endif

/// Why a reply has no value: a refusal, or else what there is instead. Nothing is allocated for a reply that has one.
class no_value {
public:
    no_value() = default;

    explicit no_value(refusal r) : why_(new content{std::move(r), {}, true})
    {
    }

    explicit no_value(no_reply r) : why_(new content{{}, std::move(r), false})
    {
    }

    no_value(no_value&&) noexcept = default;
    no_value& operator=(no_value&&) noexcept = default;

    no_value(const no_value& other) : why_(other.why_ ? new content(*other.why_) : nullptr)
    {
    }

    no_value& operator=(const no_value& other)
    {
        return *this = no_value(other);
    }

    ~no_value() = default;

    bool is_refusal() const noexcept
    {
        return why_ && why_->refused;
    }

    /// Null if there is none.
    refusal* said() const noexcept
    {
        return is_refusal() ? &why_->said : nullptr;
    }

    /// Null if nothing is known, or there is a refusal.
    const no_reply* none() const noexcept
    {
        return why_ && !why_->refused ? &why_->none : nullptr;
    }

    /// Of what is no refusal.
    no_reply& make_none()
    {
        if (!why_)
            why_.reset(new content);
        return why_->none;
    }

    [[noreturn]] void fail() const
    {
        if (const auto* const r = said())
            throw_no_value(*r);
        throw_no_value(none() ? *none() : no_reply());
    }

private:
    struct content {
        refusal said;
        no_reply none;
        bool refused = false;
    };

    boxed<content> why_;
};

/// How the library itself says more of a reply than its constructors do.
struct reply_access {
    /// Null if there is a reply.
    template <class Reply>
    static no_value* none(Reply& r) noexcept
    {
        return r.has_value() || r.why_.is_refusal() ? nullptr : &r.why_;
    }

    template <class Reply>
    static auto& session(Reply& r) noexcept
        requires requires { r.back_; }
    {
        return r.back_;
    }
};

} // namespace pop3::detail
