// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)
#pragma once

#include <pop3/config.hpp>
#include <pop3/mailbox/file_system.hpp>

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

#include <dirent.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

namespace pop3 {

namespace detail {

/// The error of a call of the system that says -1; none if it says anything else.
inline std::error_code system_error(long long said)
{
    return said == -1 ? std::error_code(errno, std::generic_category()) : std::error_code();
}

class posix_file final : public file_system::file {
public:
    explicit posix_file(int descriptor) noexcept : descriptor_(descriptor)
    {
    }

    ~posix_file() override
    {
        ::close(descriptor_); // what was to be durable was synced before
    }

    std::size_t read(std::uint64_t offset, std::span<char> into, std::error_code& ec) override
    {
        const auto n = ::pread(descriptor_, into.data(), into.size(), static_cast<::off_t>(offset));
        ec = system_error(n);
        return ec ? 0 : static_cast<std::size_t>(n);
    }

    std::size_t write(std::span<const char> octets, std::error_code& ec) override
    {
        const auto n = ::write(descriptor_, octets.data(), octets.size());
        ec = system_error(n);
        return ec ? 0 : static_cast<std::size_t>(n);
    }

    void start_sync() override
    {
#if defined(SYNC_FILE_RANGE_WRITE)
        ::sync_file_range(descriptor_, 0, 0, SYNC_FILE_RANGE_WRITE); // `sync` hears of its errors
#endif
    }

    void sync(std::error_code& ec) override
    {
#if defined(F_FULLFSYNC)
        ec = system_error(::fcntl(descriptor_, F_FULLFSYNC));
        if (!ec)
            return;
        ec = system_error(::fsync(descriptor_));
#else
        ec = system_error(::fdatasync(descriptor_));
#endif
    }

    std::uint64_t size(std::error_code& ec) override
    {
        struct ::stat is;
        ec = system_error(::fstat(descriptor_, &is));
        return ec ? 0 : static_cast<std::uint64_t>(is.st_size);
    }

    void truncate(std::uint64_t size, std::error_code& ec) override
    {
        ec = system_error(::ftruncate(descriptor_, static_cast<::off_t>(size)));
    }

    bool lock(std::error_code& ec) override
    {
#if defined(F_OFD_SETLK)
        // Of this open file, and not of the process; but those that a process takes with F_SETLK, as mail readers do, respect it.
        struct ::flock whole = {};
        whole.l_type = F_WRLCK;
        whole.l_whence = SEEK_SET;
        ec = system_error(::fcntl(descriptor_, F_OFD_SETLK, &whole));
#else
        ec = system_error(::flock(descriptor_, LOCK_EX | LOCK_NB));
#endif
        const bool is_foreign = ec.value() == EWOULDBLOCK || ec.value() == EAGAIN || ec.value() == EACCES;
        if (is_foreign)
            ec.clear();
        return !ec && !is_foreign;
    }

private:
    int descriptor_;
};

class posix_files final : public file_system {
public:
    std::unique_ptr<file> open(const std::string& path, access how, std::error_code& ec) override
    {
        // Without waiting for the other end, if it is a pipe.
        const int descriptor = ::open(path.c_str(), flags_of(how) | O_CLOEXEC | O_NOCTTY | O_NONBLOCK, 0600);
        ec = system_error(descriptor);
        if (ec)
            return nullptr;
        auto opened = std::make_unique<posix_file>(descriptor);
        if (how == access::create)
            return opened;
        struct ::stat is;
        ec = system_error(::fstat(descriptor, &is));
        if (!ec && !S_ISREG(is.st_mode))
            ec = std::make_error_code(S_ISDIR(is.st_mode) ? std::errc::is_a_directory
                                                          : std::errc::invalid_argument);
        return ec ? nullptr : std::move(opened);
    }

    void make_directory(const std::string& path, std::error_code& ec) override
    {
        ec = system_error(::mkdir(path.c_str(), 0700));
        struct ::stat is;
        if (ec.value() == EEXIST && ::stat(path.c_str(), &is) == 0 && S_ISDIR(is.st_mode))
            ec.clear();
    }

    void rename(const std::string& from, const std::string& to, std::error_code& ec) override
    {
        ec = system_error(::rename(from.c_str(), to.c_str()));
    }

    void rename_new(const std::string& from, const std::string& to, std::error_code& ec) override
    {
#if defined(RENAME_NOREPLACE)
        ec = system_error(::renameat2(AT_FDCWD, from.c_str(), AT_FDCWD, to.c_str(), RENAME_NOREPLACE));
        // By an older kernel, or a file system that cannot do it.
        if (ec.value() == EINVAL || ec.value() == ENOSYS)
            file_system::rename_new(from, to, ec);
#elif defined(RENAME_EXCL)
        ec = system_error(::renamex_np(from.c_str(), to.c_str(), RENAME_EXCL));
#else
        file_system::rename_new(from, to, ec);
#endif
    }

    void link(const std::string& from, const std::string& to, std::error_code& ec) override
    {
        ec = system_error(::link(from.c_str(), to.c_str()));
    }

    void remove(const std::string& path, std::error_code& ec) override
    {
        ec = system_error(::unlink(path.c_str()));
    }

    void sync_directory(const std::string& path, std::error_code& ec) override
    {
        const int descriptor = ::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        ec = system_error(descriptor);
        if (ec)
            return;
        ec = system_error(::fsync(descriptor));
        ::close(descriptor);
        // Some file systems have nothing to sync there.
        if (ec.value() == EINVAL)
            ec.clear();
    }

    std::vector<std::string> list(const std::string& path, std::error_code& ec) override
    {
        struct closes {
            void operator()(::DIR* d) const noexcept
            {
                ::closedir(d);
            }
        };
        std::vector<std::string> names;
        const std::unique_ptr<::DIR, closes> directory(::opendir(path.c_str()));
        ec = directory ? std::error_code() : system_error(-1);
        while (!ec) {
            errno = 0;
            const auto* const entry = ::readdir(directory.get());
            if (entry == nullptr) {
                ec.assign(errno, std::generic_category());
                break;
            }
            const std::string_view name = entry->d_name;
            if (name != "." && name != "..")
                names.emplace_back(name);
        }
        return names;
    }

    std::optional<std::uint64_t> size_of(const std::string& path, std::error_code& ec) override
    {
        struct ::stat is;
        ec = system_error(::stat(path.c_str(), &is));
        if (!ec)
            return static_cast<std::uint64_t>(is.st_size);
        if (ec.value() == ENOENT)
            ec.clear();
        return {};
    }

private:
    static int flags_of(access how) noexcept
    {
        switch (how) {
        case access::read:
            return O_RDONLY;
        case access::append:
            return O_RDWR | O_APPEND | O_CREAT;
        case access::create:
            return O_RDWR | O_APPEND | O_CREAT | O_EXCL;
        case access::lock:
            break;
        }
        return O_RDWR | O_CREAT | O_NOFOLLOW;
    }
};

} // namespace detail

POP3_DECL void file_system::rename_new(const std::string&, const std::string&, std::error_code& ec)
{
    ec = std::make_error_code(std::errc::operation_not_supported);
}

POP3_DECL file_system& system_files()
{
    static detail::posix_files instance;
    return instance;
}

namespace detail {

POP3_DECL void write_all(file_system::file& to, std::string_view octets, std::error_code& ec)
{
    ec.clear();
    while (!octets.empty()) {
        const auto n = to.write({octets.data(), octets.size()}, ec);
        if (!ec && n == 0)
            ec = std::make_error_code(std::errc::io_error); // it would go on for ever
        if (ec && ec != std::errc::interrupted)
            return;
        octets.remove_prefix((std::min)(n, octets.size()));
    }
    ec.clear();
}

POP3_DECL std::size_t read_some(file_system::file& from, std::uint64_t offset, std::span<char> into,
                                std::error_code& ec)
{
    std::size_t n = 0;
    do
        n = from.read(offset, into, ec);
    while (ec == std::errc::interrupted);
    return ec ? 0 : n;
}

POP3_DECL std::size_t read_full(file_system::file& from, std::uint64_t offset, std::span<char> into,
                                std::error_code& ec)
{
    std::size_t all = 0;
    for (std::size_t n = 1; n != 0 && all != into.size(); all += n)
        n = read_some(from, offset + all, into.subspan(all), ec);
    return all;
}

POP3_DECL void sync(file_system::file& f, std::error_code& ec)
{
    until_done(ec, [&] { f.sync(ec); });
}

POP3_DECL void truncate(file_system::file& f, std::uint64_t size, std::error_code& ec)
{
    until_done(ec, [&] { f.truncate(size, ec); });
}

POP3_DECL bool lock(file_system::file& f, std::error_code& ec)
{
    return until_done(ec, [&] { return f.lock(ec); });
}

POP3_DECL std::unique_ptr<file_system::file> open(file_system& files, const std::string& path,
                                                  file_system::access how, std::error_code& ec)
{
    return until_done(ec, [&] { return files.open(path, how, ec); });
}

POP3_DECL void make_directory(file_system& files, const std::string& path, std::error_code& ec)
{
    until_done(ec, [&] { files.make_directory(path, ec); });
}

POP3_DECL void remove(file_system& files, const std::string& path, std::error_code& ec)
{
    until_done(ec, [&] { files.remove(path, ec); });
}

POP3_DECL void sync_directory(file_system& files, const std::string& path, std::error_code& ec)
{
    until_done(ec, [&] { files.sync_directory(path, ec); });
}

POP3_DECL std::vector<std::string> list(file_system& files, const std::string& path, std::error_code& ec)
{
    return until_done(ec, [&] { return files.list(path, ec); });
}

POP3_DECL std::optional<std::uint64_t> size_of(file_system& files, const std::string& path,
                                               std::error_code& ec)
{
    return until_done(ec, [&] { return files.size_of(path, ec); });
}

POP3_DECL void rename_new(file_system& files, const std::string& from, const std::string& to,
                          std::error_code& ec)
{
    until_done(ec, [&] { files.rename_new(from, to, ec); });
    if (ec != std::errc::operation_not_supported)
        return;
    until_done(ec, [&] { files.link(from, to, ec); });
    if (!ec) {
        std::error_code ignored; // it has the name that it should have
        return remove(files, from, ignored);
    }
    if (ec != std::errc::operation_not_supported && ec != std::errc::operation_not_permitted)
        return;
    const bool is_there = size_of(files, to, ec).has_value();
    if (!ec && is_there)
        ec = std::make_error_code(std::errc::file_exists);
    if (!ec)
        until_done(ec, [&] { files.rename(from, to, ec); });
}

POP3_DECL std::string without_slash(std::string path)
{
    while (path.size() > 1 && path.ends_with('/'))
        path.pop_back();
    return path;
}

POP3_DECL std::string directory_of(std::string_view path)
{
    while (path.size() > 1 && path.ends_with('/'))
        path.remove_suffix(1);
    const auto slash = path.rfind('/');
    if (slash == std::string_view::npos)
        return ".";
    return std::string(path.substr(0, slash == 0 ? 1 : slash));
}

} // namespace detail

} // namespace pop3
