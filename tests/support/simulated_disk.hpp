// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)
#pragma once

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
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

namespace test {

/// A disk in memory, which knows what would be left after a power cut: the octets of a file that were synced, and perhaps some of
/// those written since; the names in a directory that was synced, and perhaps some of the changes since. A rename happens
/// or does not. Each call of the interface is an operation, and any of them can be made to fail.
class simulated_disk final : public pop3::file_system {
public:
    enum class fault {
        none,
        error,       ///< The operation fails with an error.
        interrupted, ///< The same with EINTR, which must not matter.
        short_write, ///< A write takes half of what it is given; another operation does all.
        kill,        ///< The process ends before it: all that follow fail, and the disk stays as it is.
        power_cut,   ///< The power goes before it.
    };

    /// What a fault looks like is chosen by the seed.
    explicit simulated_disk(std::uint32_t seed = 1) : random_(seed)
    {
        directories_.insert(".");
        durable_directories_.insert(".");
    }

    /// The operation with this number, from 0, meets a fault.
    void fail_at(std::size_t operation, fault what, int error = EIO)
    {
        fail_at_ = operations_ + operation;
        fault_ = what;
        error_ = error;
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
        for (const auto& c : changes_)
            if (coin())
                c.apply(durable_files_);
        changes_.clear();
        directories_ = durable_directories_;
        std::erase_if(durable_files_,
                      [&](const auto& f) { return !directories_.contains(directory(f.first)); });
        files_ = durable_files_;
        std::set<inode*> cut;
        for (const auto& [path, f] : files_)
            if (cut.insert(f.get()).second)
                lose(*f);
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
        const auto found = files_.find(path);
        return found == files_.end() ? std::nullopt : std::optional(found->second->data);
    }

    /// The files in a directory, with their octets.
    std::map<std::string, std::string> files_in(const std::string& path) const
    {
        std::map<std::string, std::string> all;
        for (const auto& [name, f] : files_)
            if (directory(name) == path)
                all[name] = f->data;
        return all;
    }

    /// As a test wants it, and durable.
    void put(const std::string& path, std::string octets)
    {
        auto made = std::make_shared<inode>();
        made->data = made->durable = std::move(octets);
        files_[path] = durable_files_[path] = made;
    }

    std::unique_ptr<file> open(const std::string& path, access how, std::error_code& ec) override
    {
        if (!begin(ec))
            return nullptr;
        auto found = files_.find(path);
        if (found == files_.end()) {
            if (how == access::read || !directories_.contains(directory(path)))
                return fail(ec, ENOENT), nullptr;
            found = files_.emplace(path, std::make_shared<inode>()).first;
            changes_.push_back({{directory(path)}, {}, path, found->second});
        } else if (how == access::create) {
            return fail(ec, EEXIST), nullptr;
        }
        return std::make_unique<open_file>(*this, found->second);
    }

    void make_directory(const std::string& path, std::error_code& ec) override
    {
        if (!begin(ec) || directories_.contains(path))
            return;
        if (!directories_.contains(directory(path)))
            return fail(ec, ENOENT);
        directories_.insert(path);
    }

    void rename(const std::string& from, const std::string& to, std::error_code& ec) override
    {
        if (!begin(ec))
            return;
        const auto found = files_.find(from);
        if (found == files_.end() || !directories_.contains(directory(to)))
            return fail(ec, ENOENT);
        const auto moved = found->second;
        files_.erase(found);
        files_[to] = moved;
        changes_.push_back({{directory(from), directory(to)}, from, to, moved});
    }

    void link(const std::string& from, const std::string& to, std::error_code& ec) override
    {
        if (!begin(ec))
            return;
        const auto found = files_.find(from);
        if (found == files_.end())
            return fail(ec, ENOENT);
        if (!files_.emplace(to, found->second).second)
            return fail(ec, EEXIST);
        changes_.push_back({{directory(to)}, {}, to, found->second});
    }

    void remove(const std::string& path, std::error_code& ec) override
    {
        if (!begin(ec))
            return;
        if (files_.erase(path) == 0)
            return fail(ec, ENOENT);
        changes_.push_back({{directory(path)}, path, {}, {}});
    }

    void sync_directory(const std::string& path, std::error_code& ec) override
    {
        if (!begin(ec))
            return;
        // What is done to one name is done in order, so all before go with those of this directory.
        std::erase_if(changes_, [&](const change& c) {
            const bool is_here = std::find(c.in.begin(), c.in.end(), path) != c.in.end();
            if (is_here)
                c.apply(durable_files_);
            return is_here;
        });
        for (const auto& d : directories_)
            if (directory(d) == path)
                durable_directories_.insert(d);
    }

    std::vector<std::string> list(const std::string& path, std::error_code& ec) override
    {
        std::vector<std::string> all;
        if (!begin(ec))
            return all;
        if (!directories_.contains(path))
            fail(ec, ENOENT);
        for (const auto& [name, f] : files_)
            if (directory(name) == path)
                all.push_back(name.substr(name.rfind('/') + 1));
        return all;
    }

    std::optional<std::uint64_t> size_of(const std::string& path, std::error_code& ec) override
    {
        if (!begin(ec))
            return {};
        const auto found = files_.find(path);
        return found == files_.end() ? std::nullopt
                                     : std::optional<std::uint64_t>(found->second->data.size());
    }

private:
    struct inode {
        std::string data;
        std::string durable;
        const void* locked_by = nullptr;
        bool lost = false; // a sync failed: what was written before it may be gone, whatever a later one says
    };

    using names = std::map<std::string, std::shared_ptr<inode>>;

    /// Of names, all at once.
    struct change {
        void apply(names& to) const
        {
            if (!removed.empty())
                to.erase(removed);
            if (!made.empty())
                to[made] = file;
        }

        std::vector<std::string> in;
        std::string removed;
        std::string made;
        std::shared_ptr<inode> file;
    };

    class open_file final : public file {
    public:
        open_file(simulated_disk& disk, std::shared_ptr<inode> f)
            : disk_(disk), file_(std::move(f)), life_(disk.life_)
        {
        }

        ~open_file() override
        {
            if (file_->locked_by == this)
                file_->locked_by = nullptr;
        }

        std::size_t read(std::uint64_t offset, std::span<char> into, std::error_code& ec) override
        {
            if (!begin(ec) || offset >= file_->data.size())
                return 0;
            return file_->data.copy(into.data(), into.size(), static_cast<std::size_t>(offset));
        }

        std::size_t write(std::span<const char> octets, std::error_code& ec) override
        {
            if (!begin(ec))
                return 0;
            const auto n = disk_.halves_ ? (octets.size() + 1) / 2 : octets.size();
            file_->data.append(octets.data(), n);
            return n;
        }

        void sync(std::error_code& ec) override
        {
            if (!begin(ec)) {
                file_->lost = file_->lost || ec.value() != EINTR;
                return;
            }
            const auto before = file_->durable.size();
            file_->durable = file_->data;
            if (file_->lost && before < file_->durable.size())
                std::fill(file_->durable.begin() + static_cast<std::ptrdiff_t>(before), file_->durable.end(),
                          '\0');
        }

        std::uint64_t size(std::error_code& ec) override
        {
            return begin(ec) ? file_->data.size() : 0;
        }

        void truncate(std::uint64_t size, std::error_code& ec) override
        {
            if (begin(ec))
                file_->data.resize(static_cast<std::size_t>(size));
        }

        bool lock(std::error_code& ec) override
        {
            if (!begin(ec) || file_->locked_by != nullptr)
                return false;
            file_->locked_by = this;
            return true;
        }

    private:
        bool begin(std::error_code& ec)
        {
            if (life_ == disk_.life_)
                return disk_.begin(ec);
            fail(ec, EIO);
            return false;
        }

        simulated_disk& disk_;
        std::shared_ptr<inode> file_;
        unsigned life_;
    };

    static void fail(std::error_code& ec, int error)
    {
        ec.assign(error, std::generic_category());
    }

    static std::string directory(std::string_view path)
    {
        return pop3::detail::directory_of(path);
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
            }
        }
        if (!dead_)
            return true;
        fail(ec, EIO);
        return false;
    }

    void end()
    {
        ++life_;
        dead_ = true;
        if (on_end)
            on_end();
        for (const auto& [path, f] : files_)
            f->locked_by = nullptr;
    }

    bool coin()
    {
        return random_() % 2 == 0;
    }

    void lose(inode& f)
    {
        if (f.data.starts_with(f.durable)) {
            const auto written = f.data.size() - f.durable.size();
            const auto kept = written == 0 ? 0 : random_() % (written + 1);
            auto left = f.data.substr(f.durable.size(), kept);
            if (coin())
                std::fill(left.begin(), left.end(), '\0');
            f.data = f.durable + left;
        } else if (coin()) {
            f.data = f.durable;
        }
        f.durable = f.data;
        f.lost = false;
    }

    std::minstd_rand random_;
    names files_;
    names durable_files_;
    std::vector<change> changes_;
    std::set<std::string> directories_;
    std::set<std::string> durable_directories_;
    std::size_t operations_ = 0;
    std::size_t fail_at_ = 0;
    fault fault_ = fault::none;
    int error_ = EIO;
    unsigned life_ = 0;
    bool dead_ = false;
    bool halves_ = false;
};

} // namespace test
