// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)
#pragma once

#include <pop3/mailbox/mail_delivery.hpp>
#include <pop3/mailbox/seen_index.hpp>
#include <pop3/mailbox/seen_record.hpp>
#include <pop3/mailbox/seen_store.hpp>

#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

namespace pop3::detail {

/// A seen store of any type, so that what works with it is compiled once.
class any_seen_store {
public:
    virtual ~any_seen_store() = default;

    virtual seen_index* open(std::string_view account, std::error_code& ec) = 0;
    virtual void append(std::span<const seen_record> records, std::error_code& ec) = 0;

    /// Where the store keeps what it could not read, if it has done so.
    virtual std::string salvaged() const = 0;
};

/// One that refers to the user's.
template <seen_store Store>
class seen_store_ref final : public any_seen_store {
public:
    explicit seen_store_ref(Store& store) noexcept : store_(store)
    {
    }

    seen_index* open(std::string_view account, std::error_code& ec) override
    {
        return store_.open(account, ec);
    }

    void append(std::span<const seen_record> records, std::error_code& ec) override
    {
        store_.append(records, ec);
    }

    std::string salvaged() const override
    {
        if constexpr (requires { std::string(store_.salvaged()); })
            return std::string(store_.salvaged());
        return {};
    }

private:
    Store& store_;
};

/// A delivery of any type.
class any_mail_delivery {
public:
    virtual ~any_mail_delivery() = default;

    virtual void begin(const arriving_message& m, std::error_code& ec) = 0;
    virtual void write(std::span<const char> piece, std::error_code& ec) = 0;
    virtual void end(std::error_code& ec) = 0;
    virtual void discard() = 0;

    /// Whether `async_commit` is to be called, and not `commit`.
    virtual bool is_asynchronous() const noexcept = 0;
    virtual std::vector<kept> commit(std::error_code& ec) = 0;
    virtual void async_commit(commit_callback done) = 0;
};

/// One that refers to the user's.
template <mail_delivery Delivery>
class mail_delivery_ref : public any_mail_delivery {
public:
    explicit mail_delivery_ref(Delivery& delivery) noexcept : delivery_(delivery)
    {
    }

    void begin(const arriving_message& m, std::error_code& ec) override
    {
        delivery_.begin(m, ec);
    }

    void write(std::span<const char> piece, std::error_code& ec) override
    {
        delivery_.write(piece, ec);
    }

    void end(std::error_code& ec) override
    {
        delivery_.end(ec);
    }

    void discard() override
    {
        delivery_.discard();
    }

    bool is_asynchronous() const noexcept override
    {
        return asynchronous;
    }

    std::vector<kept> commit([[maybe_unused]] std::error_code& ec) override
    {
        if constexpr (!asynchronous)
            return delivery_.commit(ec);
        return {};
    }

    void async_commit(commit_callback done) override
    {
        if constexpr (asynchronous) {
            delivery_.async_commit(std::move(done));
        } else {
            std::error_code ec;
            auto outcomes = delivery_.commit(ec);
            done(ec, std::move(outcomes));
        }
    }

private:
    static constexpr bool asynchronous = commits_later<Delivery>;

    Delivery& delivery_;
};

/// One that is kept as long as this.
template <mail_delivery Delivery>
class mail_delivery_owner final : public mail_delivery_ref<Delivery> {
public:
    explicit mail_delivery_owner(std::unique_ptr<Delivery> delivery)
        : mail_delivery_ref<Delivery>(*delivery), kept_(std::move(delivery))
    {
    }

private:
    std::unique_ptr<Delivery> kept_;
};

} // namespace pop3::detail
