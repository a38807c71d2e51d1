"""What all tests share, wherever they lie."""

pytest_plugins = ["algorhythms_assets_tests.services.left_out"]
