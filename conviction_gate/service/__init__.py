"""What a long-running process needs: health, metrics, logs, traces, graceful shutdown."""
