"""What people were told of."""

from django.urls import path

from accounts.views import notifications

urlpatterns = [
    path("notifications/", notifications.notification_list, name="notifications"),
    path("notifications/read/", notifications.notifications_read, name="notifications_read"),
    path(
        "notifications/<uuid:pk>/open/", notifications.notification_open, name="notification_open"
    ),
]
