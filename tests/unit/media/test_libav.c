#include "media/libav.h"

#include <errno.h>
#include <libavutil/error.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void the_systems_errors_stay_what_they_are(void **state)
{
	assert_int_equal(libav_errno(AVERROR(ENOSPC)), -ENOSPC);
	assert_int_equal(libav_errno(AVERROR(EIO)), -EIO);
}

static void the_librarys_errors_become_errnos(void **state)
{
	assert_int_equal(libav_errno(AVERROR_INVALIDDATA), -EBADMSG);
	assert_int_equal(libav_errno(AVERROR_EOF), -ENODATA);
	assert_int_equal(libav_errno(AVERROR_ENCODER_NOT_FOUND), -ENOSYS);
	assert_int_equal(libav_errno(AVERROR_EXTERNAL), -EIO);
	assert_int_equal(libav_errno(AVERROR_BUG), -EIO);
}

static void raw_formats_have_a_pixel_format(void **state)
{
	assert_int_equal(libav_pixel_format(IMAGE_YUV420), AV_PIX_FMT_YUV420P);
	assert_int_equal(libav_pixel_format(IMAGE_YUYV), AV_PIX_FMT_YUYV422);
	assert_int_equal(libav_pixel_format(IMAGE_JPEG), AV_PIX_FMT_NONE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_systems_errors_stay_what_they_are),
		cmocka_unit_test(the_librarys_errors_become_errnos),
		cmocka_unit_test(raw_formats_have_a_pixel_format),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
