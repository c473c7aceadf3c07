// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)
#pragma once

#include "support/simulated_inode.hpp"
#include "support/simulated_names.hpp"

#include <pop3/mailbox/file_system.hpp>

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <random>
#include <span>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

namespace test {

/// A disk in memory, which knows what would be left after a power cut: the octets of a file that were synced, and perhaps some of
/// those written since, or others in their place; the names in a directory that was synced, and perhaps some of the changes since.
/// A rename happens or does not. Each call of the interface is an operation, and any of them can be made to fail. A sync that
/// failed is not made good by another one: what it was about may be lost all the same, as with Linux.
class simulated_disk final : public pop3::file_system {
public:
    enum class fault {
        none,
        error,           ///< The operation fails with an error.
        interrupted,     ///< The same with EINTR, which must not matter.
        short_write,     ///< A write takes half of what it is given; another operation does all.
        kill,            ///< The process ends before it: all that follow fail, and the disk stays as it is.
        power_cut,       ///< The power goes before it.
        kill_after,      ///< The process ends when it is done, and does not hear of it.
        power_cut_after, ///< The power goes then.
    };

    /// What a fault looks like is chosen by the seed.
    explicit simulated_disk(std::uint32_t seed = 1) : random_(seed)
    {
    }

    /// The operation with this number, from 0, meets a fault.
    void fail_at(std::size_t number, fault what, int error = EIO)
    {
        fail_at_ = operations_ + number;
        fault_ = what;
        error_ = error;
    }

    /// Whether there is `rename_new`, and a file can have two names.
    bool has_rename_new = true;
    bool has_links = true;

    /// Whether a sync of a directory that failed is not made good by another one, either.
    bool forgets_names = false;

    /// Whether it notes what is done.
    bool keeps_log = false;

    /// Is called before each operation, with its name and what it is about; it may do something with the disk itself.
    std::function<void(const std::string& name, const std::string& path)> on_operation;

    /// The operations, with what they were about.
    const std::vector<std::string>& log() const
    {
        return log_;
    }

    std::size_t operations() const
    {
        return operations_;
    }

    /// It was ended by a fault.
    bool is_dead() const
    {
        return dead_;
    }

    /// What is not durable goes, at least in part.
    void power_cut()
    {
        names_.lose(random_);
        std::map<unsigned, simulated_inode*> left; // in an order that no name changes
        for (const auto& [path, f] : names_.files())
            left.emplace(f->number(), f.get());
        for (const auto& [number, f] : left)
            f->lose(random_);
        end();
    }

    /// The next process comes.
    void restart()
    {
        dead_ = false;
        fault_ = fault::none;
    }

    /// Is called when the process ends, or the power goes.
    std::function<void()> on_end;

    /// The octets of a file; nothing if there is none.
    std::optional<std::string> octets(const std::string& path) const
    {
        const auto found = names_.find(path);
        return found ? std::optional(found->data()) : std::nullopt;
    }

    /// The files in a directory, with their octets.
    std::map<std::string, std::string> files_in(const std::string& path) const
    {
        std::map<std::string, std::string> all;
        for (const auto& [name, f] : names_.files())
            if (pop3::detail::directory_of(name) == path)
                all[name] = f->data();
        return all;
    }

    /// All files that a power cut would leave for sure, with those of their octets.
    std::map<std::string, std::string> durable_files() const
    {
        std::map<std::string, std::string> all;
        for (const auto& [name, f] : names_.durable_files())
            all[name] = f->durable();
        return all;
    }

    /// As a test wants it, and durable.
    void put(const std::string& path, std::string octets)
    {
        names_.put(path, make_inode(std::move(octets)));
    }

    std::unique_ptr<file> open(const std::string& path, access how, std::error_code& ec) override
    {
        const operation o(*this, "open", path, ec);
        if (!o)
            return nullptr;
        if (names_.has_directory(path))
            return fail(ec, how == access::create ? EEXIST : EISDIR), nullptr;
        auto found = names_.find(path);
        if (found && how == access::create)
            return fail(ec, EEXIST), nullptr;
        if (!found) {
            if (how == access::read || !names_.has_directory_of(path))
                return fail(ec, ENOENT), nullptr;
            names_.make(path, found = make_inode());
        }
        return std::make_unique<open_file>(*this, std::move(found), path, how);
    }

    void make_directory(const std::string& path, std::error_code& ec) override
    {
        const operation o(*this, "make_directory", path, ec);
        if (!o || names_.has_directory(path))
            return;
        if (names_.find(path))
            fail(ec, EEXIST);
        else if (!names_.has_directory_of(path))
            fail(ec, ENOENT);
        else
            names_.make_directory(path);
    }

    void rename(const std::string& from, const std::string& to, std::error_code& ec) override
    {
        const operation o(*this, "rename", from, ec);
        if (o && can_name(from, to, ec))
            names_.move(from, to);
    }

    void rename_new(const std::string& from, const std::string& to, std::error_code& ec) override
    {
        const operation o(*this, "rename_new", from, ec);
        if (!o || !can_name(from, to, ec))
            return;
        if (!has_rename_new)
            file_system::rename_new(from, to, ec);
        else if (names_.find(to) || names_.has_directory(to))
            fail(ec, EEXIST);
        else
            names_.move(from, to);
    }

    void link(const std::string& from, const std::string& to, std::error_code& ec) override
    {
        const operation o(*this, "link", from, ec);
        if (!o || !can_name(from, to, ec))
            return;
        if (!has_links)
            fail(ec, EPERM);
        else if (names_.find(to) || names_.has_directory(to))
            fail(ec, EEXIST);
        else
            names_.make(to, names_.find(from));
    }

    void remove(const std::string& path, std::error_code& ec) override
    {
        const operation o(*this, "remove", path, ec);
        if (!o)
            return;
        if (names_.find(path))
            names_.remove(path);
        else
            fail(ec, ENOENT);
    }

    void sync_directory(const std::string& path, std::error_code& ec) override
    {
        const operation o(*this, "sync_directory", path, ec);
        if (!o) {
            if (forgets_names && ec.value() != EINTR)
                names_.fail_sync(path);
            return;
        }
        if (names_.has_directory(path))
            names_.sync(path, random_);
        else
            fail(ec, ENOENT);
    }

    std::vector<std::string> list(const std::string& path, std::error_code& ec) override
    {
        const operation o(*this, "list", path, ec);
        if (!o)
            return {};
        if (names_.has_directory(path))
            return names_.list(path);
        return fail(ec, ENOENT), std::vector<std::string>();
    }

    std::optional<std::uint64_t> size_of(const std::string& path, std::error_code& ec) override
    {
        const operation o(*this, "size_of", path, ec);
        const auto found = o ? names_.find(path) : nullptr;
        return found ? std::optional<std::uint64_t>(found->data().size()) : std::nullopt;
    }

private:
    /// Is there while an operation is done; false if it fails.
    class operation {
    public:
        operation(simulated_disk& disk, const char* name, const std::string& about, std::error_code& ec)
            : disk_(disk), ec_(ec)
        {
            if (disk.keeps_log)
                disk.log_.push_back(std::string(name) + ' ' + about);
            if (const auto hook = std::exchange(disk.on_operation, nullptr)) {
                hook(name, about);
                disk.on_operation = hook;
            }
            good_ = disk.begin(ec);
        }

        operation(const operation&) = delete;
        operation& operator=(const operation&) = delete;

        ~operation()
        {
            disk_.finish(ec_);
        }

        explicit operator bool() const
        {
            return good_;
        }

    private:
        simulated_disk& disk_;
        std::error_code& ec_;
        bool good_;
    };

    class open_file final : public file {
    public:
        open_file(simulated_disk& disk, simulated_names::file f, std::string path, access how)
            : disk_(disk), file_(std::move(f)), path_(std::move(path)), life_(disk.life_), how_(how)
        {
        }

        ~open_file() override
        {
            if (file_->locked_by == this)
                file_->locked_by = nullptr;
        }

        std::size_t read(std::uint64_t offset, std::span<char> into, std::error_code& ec) override
        {
            const operation o(disk_, "read", path_, ec);
            if (!lives(o, ec))
                return 0;
            const auto& data = file_->data();
            return data.copy(into.data(), into.size(),
                             static_cast<std::size_t>((std::min<std::uint64_t>)(offset, data.size())));
        }

        std::size_t write(std::span<const char> octets, std::error_code& ec) override
        {
            const operation o(disk_, "write", path_, ec);
            if (!lives(o, ec))
                return 0;
            if (how_ == access::read)
                return fail(ec, EBADF), 0;
            const auto n = disk_.halves_ ? (octets.size() + 1) / 2 : octets.size();
            file_->append({octets.data(), n});
            return n;
        }

        void sync(std::error_code& ec) override
        {
            const operation o(disk_, "sync", path_, ec);
            if (lives(o, ec))
                file_->sync(disk_.random_);
            else if (ec.value() != EINTR && !disk_.dead_)
                file_->fail_sync();
        }

        std::uint64_t size(std::error_code& ec) override
        {
            const operation o(disk_, "size", path_, ec);
            return lives(o, ec) ? file_->data().size() : 0;
        }

        void truncate(std::uint64_t size, std::error_code& ec) override
        {
            const operation o(disk_, "truncate", path_, ec);
            if (lives(o, ec))
                file_->truncate(static_cast<std::size_t>(size));
        }

        bool lock(std::error_code& ec) override
        {
            const operation o(disk_, "lock", path_, ec);
            if (!lives(o, ec) || (file_->locked_by != nullptr && file_->locked_by != this))
                return false;
            file_->locked_by = this;
            return true;
        }

    private:
        bool lives(const operation& o, std::error_code& ec) const
        {
            if (o && life_ != disk_.life_)
                fail(ec, EIO);
            return o && !ec;
        }

        simulated_disk& disk_;
        simulated_names::file file_;
        std::string path_;
        unsigned life_;
        access how_;
    };

    static void fail(std::error_code& ec, int error)
    {
        ec.assign(error, std::generic_category());
    }

    bool can_name(const std::string& from, const std::string& to, std::error_code& ec) const
    {
        if (!names_.find(from) || !names_.has_directory_of(to))
            fail(ec, ENOENT);
        return !ec;
    }

    /// False if the operation fails.
    bool begin(std::error_code& ec)
    {
        ec.clear();
        halves_ = false;
        const bool here = operations_++ == fail_at_ && fault_ != fault::none && !dead_;
        if (here) {
            switch (fault_) {
            case fault::none:
                break;
            case fault::error:
                fail(ec, error_);
                return false;
            case fault::interrupted:
                fail(ec, EINTR);
                return false;
            case fault::short_write:
                halves_ = true;
                break;
            case fault::kill:
                end();
                break;
            case fault::power_cut:
                power_cut();
                break;
            case fault::kill_after:
            case fault::power_cut_after:
                ends_after_ = true;
                break;
            }
        }
        if (!dead_)
            return true;
        fail(ec, EIO);
        return false;
    }

    void finish(std::error_code& ec)
    {
        if (!std::exchange(ends_after_, false))
            return;
        if (fault_ == fault::power_cut_after)
            power_cut();
        else
            end();
        fail(ec, EIO);
    }

    void end()
    {
        ++life_;
        dead_ = true;
        if (on_end)
            on_end();
        for (const auto& [path, f] : names_.files())
            f->locked_by = nullptr;
    }

    simulated_names::file make_inode(std::string octets = {})
    {
        return std::make_shared<simulated_inode>(++inodes_, std::move(octets));
    }

    std::minstd_rand random_;
    std::vector<std::string> log_;
    simulated_names names_;
    std::size_t operations_ = 0;
    std::size_t fail_at_ = 0;
    fault fault_ = fault::none;
    int error_ = EIO;
    unsigned inodes_ = 0;
    unsigned life_ = 0;
    bool ends_after_ = false;
    bool dead_ = false;
    bool halves_ = false;
};

} // namespace test
